// §11, networks: whatever the network and the faulty do, all honest validators close an epoch at the same commit, and the
// next epoch goes on from there with another committee.

import { TestNetwork, TestStore } from "@selvedge/consensus/testing";
import { END_MARKER_KIND, commitIndex, hasPayload, mustExist, validatorIndex } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { createEngine, decodeConsensusState } from "../../src/index.ts";
import {
  endOnTrigger,
  expectClosedAlike,
  isClosed,
  nextEpoch,
  offerUpdates,
  trigger,
  visibleAt,
} from "../support/epochs.ts";
import { expectAgreement, expectProgress, offerLoad } from "../support/network.ts";

const LOCAL = { roundDelayMinMs: 20, leaderTimeoutMs: 100, idleRoundDelayMs: 200 };

/** Load and updates for half a second, then the trigger. */
function ending(network: TestNetwork, hosts = network.honest): void {
  endOnTrigger(network);
  offerLoad(network, { everyMs: 40, untilMs: 1200 });
  for (const [turn, host] of hosts.entries()) {
    network.schedule(100, () => offerUpdates(host, [network.chain.update(turn, 1), network.chain.update(turn, 2)]));
    network.schedule(490, () => offerUpdates(host, [network.chain.update(turn, 3)]));
  }
  network.schedule(500, () => trigger(mustExist(hosts[0], "a host")));
}

function runToEnd(network: TestNetwork, hosts = network.honest, untilMs = 12_000): void {
  const allClosed = (): boolean => hosts.every(isClosed);
  expect(network.runUntilTrue(allClosed, { untilMs, stepMs: 50 }), "everybody closes").toBe(true);
}

describe("all honest validators close at the same commit", () => {
  test("in a good network, and the last commit gets its certificate", () => {
    const network = new TestNetwork({ size: 4, local: LOCAL });
    network.start();
    ending(network);
    runToEnd(network);
    expectClosedAlike(network.honest);
    const last = mustExist(network.host(0).closings[0], "it closed").value.last;
    network.runUntil(network.nowMs + 1000);
    for (const host of network.honest) {
      expect(host.checkpoints.map(({ value }) => value.certificate.statement.commitDigest)).toContain(last.digest);
      expect(host.store.commits.at(-1)?.sealed.digest).toBe(last.digest);
      // Nothing is left to do: rounds slow down.
      expect(host.engine?.status().isIdle).toBe(true);
    }
  });

  test("under reordering, with commits decided many at a time", () => {
    for (let seed = 1; seed <= 4; seed += 1) {
      const network = new TestNetwork({
        size: 4,
        seed,
        local: LOCAL,
        delay: (_message, random) => (random.below(8) === 0 ? 400 : 5) + random.below(60),
      });
      network.start();
      ending(network);
      runToEnd(network);
      expectClosedAlike(network.honest);
      expectAgreement(network.honest);
    }
  });

  test("through a partition that begins while markers are on their way", () => {
    const isCut = (network: TestNetwork): boolean => network.nowMs > 520 && network.nowMs < 3000;
    const network = new TestNetwork({
      size: 4,
      local: LOCAL,
      isHeld: ({ from, to }, world) => isCut(world) && from % 2 !== to % 2,
    });
    network.start();
    ending(network);
    network.runUntil(2900);
    expect(network.honest.some(isClosed)).toBe(false);
    runToEnd(network);
    expectClosedAlike(network.honest);
  });

  test("with F crashed, who come to the same commit when they are back, from peers that serve the old epoch", () => {
    const network = new TestNetwork({ size: 7, local: LOCAL });
    network.start();
    const [first, second, ...others] = network.honest;
    ending(network, others);
    network.schedule(450, () => first?.crash());
    network.schedule(700, () => second?.crash());
    runToEnd(network, others);
    first?.start();
    second?.start();
    runToEnd(network);
    expectClosedAlike(network.honest);
  });

  test("with an equivocator whose twins mark the end each in its own way", () => {
    for (let seed = 1; seed <= 3; seed += 1) {
      const network = new TestNetwork({
        size: 4,
        seed,
        local: LOCAL,
        twins: [3],
        delay: (_, random) => 5 + random.below(30),
      });
      network.start();
      ending(network);
      for (const host of network.hosts.filter(({ index }) => index === 3)) {
        const lie = network.chain.update(40, 1, host.name === "3a" ? 1 : 2);
        network.schedule(300, () => offerUpdates(host, [lie]));
      }
      runToEnd(network);
      expectClosedAlike(network.honest);
      const [one, ...rest] = network.honest.map((host) => visibleAt(network, host));
      for (const other of rest) expect(other.markers).toEqual(one?.markers);
    }
  });

  test("with markers of many parts", () => {
    const network = new TestNetwork({ size: 4, local: LOCAL, params: { controlMax: 2 } });
    network.start();
    offerLoad(network, { everyMs: 40, untilMs: 1500 });
    const many = Array.from({ length: 60 }, (_, turn) => network.chain.update(turn, 1));
    network.schedule(500, () => offerUpdates(network.host(1), many));
    // Acked by then, and not output.
    for (const host of network.honest) network.schedule(550, () => host.feed({ type: "endEpoch" }));
    runToEnd(network);
    expectClosedAlike(network.honest);
    const parts = network.host(0).commits.flatMap(({ value }) => value.blocks.flatMap(({ body }) => body.control));
    expect(parts.every(({ kind }) => kind === END_MARKER_KIND)).toBe(true);
    expect(parts.length).toBeGreaterThan(8);
    expect(visibleAt(network, network.host(2)).listed.length).toBeGreaterThan(60);
  });
});

test("U5: a marker whose block garbage collection passed by comes again, and is counted", () => {
  // Validator 3 is heard by nobody while it marks the end; its blocks of that time are never output.
  const deaf = (nowMs: number): boolean => nowMs > 600 && nowMs < 2500;
  const network = new TestNetwork({
    size: 4,
    local: LOCAL,
    params: { gcDepth: 4 },
    delay: ({ from }) => (from === 3 && deaf(network.nowMs) ? undefined : 10),
  });
  network.start();
  offerLoad(network, { everyMs: 40, untilMs: 4000 });
  network.schedule(650, () => network.host(3).feed({ type: "endEpoch" }));
  for (const index of [0, 1]) network.schedule(700, () => network.host(index).feed({ type: "endEpoch" }));
  network.runUntil(4000);
  const marked = network.host(3).ownBlocks.filter(({ value }) => value.body.control.length > 0);
  expect(marked.length).toBeGreaterThan(1);
  expect(new Set(marked.map(({ value }) => value.ref.digest)).size).toBe(marked.length);
  runToEnd(network);
  expectClosedAlike(network.honest);
  expect(network.host(2).ownBlocks.some(({ value }) => value.body.control.length > 0)).toBe(false);
});

describe("a restart at every point of the end gives the same", () => {
  test("the engine's consensus goes on from each of its batches to the same last commit", () => {
    const network = new TestNetwork({ size: 4, seed: 5, local: LOCAL, delay: (_, random) => 5 + random.below(40) });
    network.start();
    ending(network);
    runToEnd(network);
    network.runUntil(network.nowMs + 200);
    const host = network.host(1);
    const { last } = mustExist(host.closings[0], "it closed").value;
    const { batches } = host.store;
    const firstMarked = batches.findIndex(({ blocks }) => blocks.some(({ body }) => body.control.length > 0));
    expect(batches.length - firstMarked).toBeGreaterThan(10);
    for (let cut = firstMarked - 2; cut <= batches.length; cut += 1) {
      const store = new TestStore();
      for (const batch of batches.slice(0, cut)) store.persist(batch);
      const engine = createEngine(network.chain.setupOf(1), store.recover(validatorIndex(1)));
      const digests = store.commits.map(({ sealed }) => sealed.digest);
      const note = (effects: ReturnType<typeof engine.handle>): void => {
        for (const effect of effects) if (effect.type === "commit") digests.push(effect.sealed.digest);
      };
      note(engine.handle({ type: "start", wallClockMs: 0 }));
      for (const { blocks } of batches.slice(cut)) {
        note(engine.handle({ type: "blocks", blocks, from: validatorIndex(0), wallClockMs: 0 }));
      }
      expect(digests).toEqual(host.store.commits.map(({ sealed }) => sealed.digest));
      expect(digests.at(-1)).toBe(last.digest);
      expect(engine.status().isClosed).toBe(true);
    }
  });

  test("hosts that crash and come back through the whole of it close like the others", () => {
    const network = new TestNetwork({ size: 4, seed: 9, local: LOCAL, delay: (_, random) => 5 + random.below(40) });
    network.start();
    ending(network);
    for (let turn = 0; turn < 14; turn += 1) {
      const host = network.host(turn % 2);
      network.schedule(520 + 60 * turn, () => host.crash());
      network.schedule(545 + 60 * turn, () => host.start());
    }
    runToEnd(network);
    expectClosedAlike(network.honest);
  });
});

describe("the next epoch", () => {
  test("goes on from the last commit with members added, removed and re-weighed", () => {
    let network = new TestNetwork({ size: 4, local: LOCAL });
    const changes = [
      { names: [0, 1, 2, 3, 4], stakes: [1, 1, 1, 1, 1] },
      { names: [0, 2, 3, 4, 5], stakes: [2, 1, 1, 1, 2] },
      { names: [5, 4, 2], stakes: [3, 3, 1] },
    ];
    for (const { names, stakes } of changes) {
      network.start();
      ending(network);
      runToEnd(network);
      expectClosedAlike(network.honest);
      const { last } = mustExist(network.host(0).closings[0], "it closed").value;
      const next = nextEpoch(network, names, { local: LOCAL, stakes });
      expect(next.chain.committee.epoch).toBe(network.chain.committee.epoch + 1);
      next.start();
      offerLoad(next, { everyMs: 40, untilMs: 400 });
      next.runUntil(600);
      expectProgress(next.honest, 5);
      expectAgreement(next.honest);
      for (const host of next.honest) {
        const [first] = host.store.commits;
        expect(first?.sealed.commit).toMatchObject({
          index: commitIndex(last.commit.index + 1),
          previous: last.digest,
          epoch: next.chain.committee.epoch,
        });
        for (const { sealed } of host.store.commits) {
          expect(sealed.commit.timestampMs).toBeGreaterThanOrEqual(last.commit.timestampMs);
        }
      }
      network = next;
    }
  });

  test("has schedules of its own: the U-th commit is counted from its base", () => {
    const params = { scheduleEvery: 10 };
    const first = new TestNetwork({ size: 4, local: LOCAL, params });
    first.start();
    ending(first);
    runToEnd(first);
    const next = nextEpoch(first, [0, 1, 2, 3], { local: LOCAL, params });
    next.start();
    offerLoad(next, { everyMs: 20, untilMs: 2500 });
    next.runUntil(1500);
    const host = next.host(2);
    host.crash();
    next.runUntil(1600);
    host.start();
    next.runUntil(2600);
    expectProgress(next.honest, 30);
    expectAgreement(next.honest);
    const numbers = host.store.commits.slice(0, 21).map(({ consensusState }) => {
      const state = decodeConsensusState(consensusState);
      return state.ok ? state.value.scheduleNumber : 0;
    });
    expect(numbers).toEqual([...Array.from({ length: 9 }, () => 1), ...Array.from({ length: 10 }, () => 2), 3, 3]);
  });

  test("nobody puts content into blocks of a closed epoch", () => {
    const network = new TestNetwork({ size: 4, local: LOCAL });
    network.start();
    ending(network);
    runToEnd(network);
    const counts = network.honest.map(({ ownBlocks }) => ownBlocks.length);
    offerLoad(network, { everyMs: 20, untilMs: 500 });
    network.runUntil(network.nowMs + 1000);
    for (const [position, { ownBlocks }] of network.honest.entries()) {
      const later = ownBlocks.slice(counts[position]);
      expect(later.length).toBeGreaterThan(0);
      expect(later.filter(({ value }) => hasPayload(value.body))).toEqual([]);
    }
  });
});
