// Damage to what a node holds of epochs that are over: it comes from the others under the committee of that time, and what
// nobody has any more is named without keeping the node from going on. The network is real except for its sockets.

import { MemoryStore, decodeCommit, mustExist } from "@selvedge/integrity";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { blockKey, commitKey, epochOfKey, orderedNumber } from "../../src/storage/keys.ts";
import type { OpenReport } from "../../src/storage/open-store.ts";
import { pruneMarkOp } from "../../src/storage/prune-mark.ts";
import { readCommit } from "../../src/storage/stored-chain.ts";
import { EpochNetwork } from "../epoch/epoch-network.ts";
import { allIn, until } from "../epoch/until.ts";

const ALL = [0, 1, 2, 3];
const DAMAGED = 3;
const LOST_RANGES = [
  { from: "b/", to: "b/~" },
  { from: "c/", to: "c/~" },
];
let net: EpochNetwork;

/** Two changes: epochs 0 and 1 are over. */
beforeEach(async () => {
  net = new EpochNetwork(4, 0);
  for (const node of ALL) await net.start(node);
  await net.update(0, 1, 1);
  await net.change([{ type: "reweigh", name: "validator-2", stake: 1 }], 0, [1, 2]);
  await allIn(net, 1, ALL);
  await net.submit(1, Buffer.from("in between", "utf8"));
  await net.change([{ type: "reweigh", name: "validator-2", stake: 1 }], 1, [0, 2]);
  await allIn(net, 2, ALL);
  for (const content of ["after", "both", "changes"]) await net.submit(DAMAGED, Buffer.from(content, "utf8"));
  await net.at(DAMAGED).stop();
  net.nodes[DAMAGED] = undefined;
}, 200_000);
afterEach(async () => {
  await net.stopAll();
  expect(net.failures).toEqual([]);
});

interface Chain {
  readonly commits: ReadonlyMap<string, string>;
  /** Those that commits output. */
  readonly blocks: ReadonlyMap<string, string>;
}

async function chainOf(node: number): Promise<Chain> {
  const store = new MemoryStore(sha256, net.disks[node]);
  const commits = new Map<string, string>();
  const blocks = new Map<string, string>();
  for await (const { key, value } of store.iterate("commits")) {
    commits.set(key, hex(value));
    const sealed = decodeCommit(readCommit(value).bytes, sha256);
    if (!sealed.ok) throw new Error(sealed.error.detail);
    const { commit } = sealed.value;
    for (const ref of commit.blocks) {
      const at = blockKey(ref, commit.epoch);
      blocks.set(at, hex(mustExist(await store.get("blocks", at), "an output block")));
    }
  }
  return { commits, blocks };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function report(): { readonly storeReport: OpenReport; readonly healed: (readonly unknown[])[] } {
  const healed: (readonly unknown[])[] = [];
  const storeReport: OpenReport = {
    mended: [],
    lostRanges: LOST_RANGES,
    lostBatches: 0,
    checkedBytes: 0,
    needsHealing: () => healed.length === 0,
    markHealed: async (unhealed) => void healed.push(unhealed),
  };
  return { storeReport, healed };
}

test("commits and blocks of every epoch come back, and stand where they stood", async () => {
  const before = await chainOf(DAMAGED);
  const disk = mustExist(net.disks[DAMAGED], "a disk");
  const commits = [...before.commits.keys()].filter((_, at) => at % 3 === 1);
  const blocks = [...before.blocks.keys()].filter((_, at) => at % 4 === 1);
  for (const key of commits) disk.remove("commits", key);
  for (const key of blocks) disk.remove("blocks", key);
  // Of the first epoch, of the second and of the one that goes on.
  expect(new Set(blocks.map(epochOfKey))).toEqual(new Set([0, 1, 2]));
  const { storeReport, healed } = report();
  await net.start(DAMAGED, { storeReport });
  expect(healed).toEqual([[]]);
  const after = await chainOf(DAMAGED);
  for (const [key, bytes] of before.commits) expect(after.commits.get(key), `commit ${key}`).toBe(bytes);
  // Each under a number of its own: which one no longer matters in an epoch that is over.
  expect([...after.blocks.keys()]).toEqual(expect.arrayContaining([...before.blocks.keys()]));
  await net.submit(DAMAGED, Buffer.from("whole again", "utf8"));
}, 200_000);

test("what nobody has of an epoch that is over is named, and the node goes on", async () => {
  const first = commitKey(1);
  for (const disk of net.disks) disk.remove("commits", first);
  const { storeReport, healed } = report();
  await net.start(DAMAGED, { storeReport });
  expect(healed).toEqual([LOST_RANGES]);
  await until(net, "the node takes part", () => net.epochOf(DAMAGED) === 2);
  await net.submit(DAMAGED, Buffer.from("goes on", "utf8"));
  expect((await chainOf(DAMAGED)).commits.has(first)).toBe(false);
  // Nor does it wait for ever for those who might have it.
  for (const node of ALL) await net.at(node).stop();
  net.nodes.length = 0;
  const alone = report();
  await net.start(DAMAGED, { storeReport: alone.storeReport, healPatienceMs: 300 });
  expect(alone.healed).toEqual([LOST_RANGES]);
}, 200_000);

test("an epoch whose record is gone is not judged by a guess, but named", async () => {
  const disk = mustExist(net.disks[DAMAGED], "a disk");
  disk.remove("meta", `epoch/${orderedNumber(1)}`);
  disk.remove("commits", commitKey(2));
  const { storeReport, healed } = report();
  await net.start(DAMAGED, { storeReport });
  expect(healed).toEqual([LOST_RANGES]);
}, 200_000);

test("a hole that only what was pruned could explain is named; what was pruned is not missed", async () => {
  const store = new MemoryStore(sha256, net.disks[DAMAGED]);
  const { commits, blocks } = await chainOf(DAMAGED);
  const base = net.at(0).services.epochInfo().start.base.index - 2;
  const past = [...commits.keys()].filter((key) => Number.parseInt(key, 16) < base);
  await store.batch(
    [
      pruneMarkOp({ base, epoch: 1, gcRound: 0, isDone: true }),
      ...past.map((key) => ({ type: "delete", space: "commits", key }) as const),
      ...[...blocks.keys()]
        .filter((key) => epochOfKey(key) === 0)
        .map((key) => ({ type: "delete", space: "blocks", key }) as const),
    ],
    { sync: true },
  );
  const whole = report();
  await net.start(DAMAGED, { storeReport: whole.storeReport });
  expect(whole.healed).toEqual([[]]);
  await net.at(DAMAGED).stop();
  net.nodes[DAMAGED] = undefined;
  mustExist(net.disks[DAMAGED], "a disk").remove("commits", commitKey(base + 1));
  const holed = report();
  await net.start(DAMAGED, { storeReport: holed.storeReport });
  expect(holed.healed).toEqual([LOST_RANGES]);
}, 200_000);
