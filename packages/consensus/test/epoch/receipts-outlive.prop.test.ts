// §11: receipts outlive the epoch. Whatever network, crashes and an equivocator do, every update of which anybody saw acks
// of stake Q is visible in the output of the closed epoch: output, or listed in a counted marker.

import { TestNetwork } from "@selvedge/consensus/testing";
import { mustExist, updateKeyOf } from "@selvedge/integrity";
import fc from "fast-check";
import { expect, test } from "vitest";
import { endOnTrigger, expectClosedAlike, isClosed, offerUpdates, trigger, visibleAt } from "../support/epochs.ts";
import { offerLoad } from "../support/network.ts";

const LOCAL = { roundDelayMinMs: 15, leaderTimeoutMs: 80, idleRoundDelayMs: 150, fetchTimeoutMs: 150 };

interface Weather {
  readonly seed: number;
  readonly gcDepth: number;
  /** Whether validator 3 runs twice under one key. */
  readonly isTwin: boolean;
  /** When blocks by validator 2 are lost on their way to half of the others, in milliseconds. */
  readonly lossFrom: number;
  readonly crashes: readonly { readonly host: number; readonly atMs: number; readonly downMs: number }[];
}

const weather: fc.Arbitrary<Weather> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  gcDepth: fc.integer({ min: 4, max: 12 }),
  isTwin: fc.boolean(),
  lossFrom: fc.integer({ min: 200, max: 900 }),
  crashes: fc.array(
    fc.record({
      host: fc.integer({ min: 0, max: 2 }),
      atMs: fc.integer({ min: 300, max: 1400 }),
      downMs: fc.integer({ min: 20, max: 400 }),
    }),
    { maxLength: 4 },
  ),
});

function run({ seed, gcDepth, isTwin, lossFrom, crashes }: Weather): TestNetwork {
  const network: TestNetwork = new TestNetwork({
    size: 4,
    seed,
    local: LOCAL,
    params: { gcDepth, controlMax: 1 },
    twins: isTwin ? [3] : [],
    delay: ({ from, to }, random) => {
      const isLost = from === 2 && to !== 3 && network.nowMs > lossFrom && network.nowMs < lossFrom + 500;
      return isLost ? undefined : 2 + random.below(random.below(6) === 0 ? 200 : 25);
    },
  });
  network.start();
  endOnTrigger(network);
  offerLoad(network, { everyMs: 50, untilMs: 2500 });
  for (let turn = 0; turn < 40; turn += 1) {
    const host = mustExist(network.hosts[turn % network.hosts.length], "a host");
    const update = network.chain.update(turn % 12, 1, turn < 24 ? 0 : 1);
    network.schedule(100 + 25 * turn, () => offerUpdates(host, [update]));
  }
  for (const at of [600, 1200, 1800]) network.schedule(at, () => trigger(network.host((at / 600) % 3)));
  for (const { host, atMs, downMs } of crashes) {
    network.schedule(atMs, () => network.host(host).crash());
    network.schedule(atMs + downMs, () => {
      if (!network.host(host).isUp) network.host(host).start();
    });
  }
  // Everybody is back by then.
  network.runUntil(1900);
  expect(network.runUntilTrue(() => network.honest.every(isClosed), { untilMs: 20_000, stepMs: 100 })).toBe(true);
  network.runUntil(network.nowMs + 300);
  return network;
}

test("every receipt is visible in the closed epoch, to everybody alike", () => {
  fc.assert(
    fc.property(weather, (drawn) => {
      const network = run(drawn);
      expectClosedAlike(network.honest);
      const [visible, ...others] = network.honest.map((host) => visibleAt(network, host));
      for (const other of others) expect(other).toEqual(visible);
      const receipted = new Set(network.honest.flatMap(({ receipts }) => receipts.map(({ value }) => value.update)));
      const hidden = [...receipted].filter((update) => visible?.updates.has(update) !== true);
      expect(hidden).toEqual([]);
    }),
    { numRuns: 8, seed: 20_261_121 },
  );
});

test("of two updates with one key at most one is ever receipted, whatever is visible", () => {
  const network = run({ seed: 4, gcDepth: 6, isTwin: true, lossFrom: 500, crashes: [] });
  const keys = new Map<string, string>();
  for (let device = 0; device < 12; device += 1) {
    for (const variant of [0, 1]) {
      const update = network.chain.update(device, 1, variant);
      const isReceipted = network.honest.some(({ receipts }) =>
        receipts.some(({ value }) => value.update === update.digest),
      );
      if (!isReceipted) continue;
      expect(keys.get(updateKeyOf(update.header)) ?? update.digest).toBe(update.digest);
      keys.set(updateKeyOf(update.header), update.digest);
    }
  }
  expect(keys.size).toBeGreaterThan(3);
});
