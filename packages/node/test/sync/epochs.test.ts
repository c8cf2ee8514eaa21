// A node that was away while the committee changed: it takes the old epoch in, enters the new one, and takes that in too.

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { EpochNetwork } from "../epoch/epoch-network.ts";

const SYNC = { gapCommits: 16, retryMs: 100, pauseMs: 50 };
/** Commits between two snapshots in the networks of these tests. */
const SNAPSHOT_EVERY = 20;

let net: EpochNetwork;
afterEach(async () => {
  await net.stopAll();
  expect(net.failures).toEqual([]);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (net.failures.length > 0) throw net.failures[0];
    await sleep(20);
  }
}

function indexOf(node: number): number {
  return net.at(node).services.status().executedIndex;
}

/** Ends the first epoch without node 3, and goes on for a while in the next one. */
async function changeWithoutLast(): Promise<void> {
  for (const node of [0, 1, 2, 3]) await net.start(node, { sync: SYNC });
  await until(() => indexOf(3) >= 3);
  await net.at(3).stop();
  await net.change([{ type: "reweigh", name: "validator-2", stake: 2 }], 0, [1, 2]);
  await until(() => [0, 1, 2].every((node) => net.epochOf(node) === 1));
  await until(() => indexOf(0) >= net.at(0).services.epochInfo().start.base.index + 2 * SNAPSHOT_EVERY);
}

it("catches up through the end of an epoch and on in the next one", async () => {
  net = new EpochNetwork(4, 0);
  await changeWithoutLast();
  await net.start(3, { sync: SYNC });
  const target = indexOf(0);
  await until(() => net.epochOf(3) === 1 && indexOf(3) >= target);
  expect(net.at(3).services.epochInfo().start).toEqual(net.at(0).services.epochInfo().start);
}, 120_000);

it("joins the present epoch from a state, the committee followed from the genesis by certificates alone", async () => {
  net = new EpochNetwork(4, 0);
  await changeWithoutLast();
  net.wipe(3);
  await net.start(3, { sync: { ...SYNC, mode: "state" } });
  expect(net.epochOf(3)).toBe(1);
  const target = indexOf(0);
  await until(() => indexOf(3) >= target);
}, 120_000);
