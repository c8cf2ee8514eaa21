// Which blocks go, by key: all below the round but the newest of each author, and none of them is forgotten.

import { type BlockDigest, MemoryStore, type Store, digestFromHex, round, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import type { PassContext } from "../../src/prune/pass-context.ts";
import { pruneBlocks } from "../../src/prune/prune-blocks.ts";
import { PruneSink } from "../../src/prune/prune-sink.ts";
import { blockKey } from "../../src/storage/keys.ts";
import { isPrunedBlock } from "../../src/storage/pruned-blocks.ts";

type Place = readonly [round: number, author: number, twin?: string];

function refOf([atRound, author, twin = "0"]: Place): Parameters<typeof blockKey>[0] {
  const digest = digestFromHex<BlockDigest>(`${atRound}${author}${twin}`.padEnd(64, "0"));
  return { round: round(atRound), author: validatorIndex(author), digest };
}

async function pruned(
  places: readonly Place[],
  gcRound: number,
  newest: readonly Place[] = [],
): Promise<{ store: Store; kept: readonly string[] }> {
  const store = new MemoryStore(sha256);
  const value = new Uint8Array(1);
  await store.batch(
    places.map((place) => ({ type: "put", space: "blocks", key: blockKey(refOf(place)), value })),
    {
      sync: false,
    },
  );
  const sink = new PruneSink({ store, isDryRun: false, batchOpsMax: 2, pace: async () => undefined });
  const view = { store, epoch: 0, newestBlocks: async () => newest.map(refOf) };
  await pruneBlocks({
    view,
    sink,
    plan: { mark: { base: 1, epoch: 0, gcRound, isDone: false } },
  } as unknown as PassContext);
  const kept: string[] = [];
  for await (const { key } of store.iterate("blocks")) kept.push(key);
  return { store, kept };
}

const keysOf = (places: readonly Place[]): string[] =>
  places.map((place) => blockKey(refOf(place))).toSorted((a, b) => (a < b ? -1 : 1));

test("blocks of rounds above stay, those at and below go and are remembered (D1)", async () => {
  const low: Place[] = [
    [1, 0],
    [1, 1],
    [2, 0],
    [3, 2],
  ];
  const high: Place[] = [
    [4, 0],
    [4, 1],
    [5, 2],
  ];
  const { store, kept } = await pruned([...low, ...high], 3);
  expect(kept).toEqual(keysOf(high));
  for (const place of low) expect(await isPrunedBlock(store, refOf(place), 0)).toBe(true);
  for (const place of [...high, [2, 1], [1, 0, "f"]] as Place[])
    expect(await isPrunedBlock(store, refOf(place), 0)).toBe(false);
});

test("the newest block of an author that fell silent stays (§11)", async () => {
  const silent: Place = [2, 1];
  const { kept } = await pruned([[1, 1], silent, [1, 0], [9, 0], [9, 2]], 5, [silent, [9, 0], [9, 2]]);
  expect(kept).toEqual(keysOf([silent, [9, 0], [9, 2]]));
});

test("once the base lies in a later epoch, blocks of earlier ones go with what is remembered of them", async () => {
  const { store } = await pruned(
    [
      [1, 0],
      [8, 0],
    ],
    3,
  );
  const value = new Uint8Array(1);
  const later = blockKey(refOf([2, 0]), 1);
  const above = blockKey(refOf([4, 0]), 1);
  await store.batch(
    [later, above].map((key) => ({ type: "put", space: "blocks", key, value })),
    { sync: false },
  );
  const sink = new PruneSink({ store, isDryRun: false, batchOpsMax: 2, pace: async () => undefined });
  const view = { store, epoch: 1, newestBlocks: async () => [] };
  await pruneBlocks({
    view,
    sink,
    plan: { mark: { base: 9, epoch: 1, gcRound: 3, isDone: false } },
  } as unknown as PassContext);
  const kept: string[] = [];
  for await (const { key } of store.iterate("blocks")) kept.push(key);
  expect(kept).toEqual([above]);
  expect(await isPrunedBlock(store, refOf([2, 0]), 1)).toBe(true);
  expect(await isPrunedBlock(store, refOf([1, 0]), 0)).toBe(false);
});

test("a second pass over a round adds to what the first one remembered", async () => {
  const { store } = await pruned(
    [
      [1, 0],
      [1, 1],
      [1, 2],
      [7, 0],
      [7, 1],
      [7, 2],
    ],
    3,
  );
  for (const author of [0, 1, 2]) expect(await isPrunedBlock(store, refOf([1, author]), 0)).toBe(true);
});
