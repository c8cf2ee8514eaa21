// Blocks that wait for parents (docs/protocol.md, D1): what is missing, who has it, and on whose word it exists.

import {
  type BlockDigest,
  type BlockRef,
  type VerifiedBlock,
  digestFromBytes,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { expect, test } from "vitest";
import { BlockManager, type Missing } from "../../src/dag/block-manager.ts";

function refOf(author: number, inRound: number, variant = 0): BlockRef {
  const digest = new Uint8Array(32);
  digest.set([author, inRound & 0xff, inRound >> 8, variant]);
  return { author: validatorIndex(author), round: round(inRound), digest: digestFromBytes<BlockDigest>(digest) };
}

function blockOf(ref: BlockRef, parents: readonly BlockRef[]): VerifiedBlock {
  // All that parking looks at.
  return { ref, header: { parents } } as unknown as VerifiedBlock;
}

const AMPLE = { perAuthorMax: 5000, totalMax: 5000 };

function emptyManager(bounds: { readonly perAuthorMax: number; readonly totalMax: number } = AMPLE): BlockManager {
  return new BlockManager({ isIn: () => false, acceptedInSlot: () => 0, ...bounds });
}

/** Parks a block that its author hands us; says what had to go. */
function park(manager: BlockManager, ref: BlockRef, parent: BlockRef): readonly BlockRef[] {
  return manager.park({ block: blockOf(ref, [parent]), from: ref.author });
}

/** Blocks of the author from the round on, each with an invented parent. */
function flood(manager: BlockManager, author: number, { from, count }: { from: number; count: number }): void {
  for (let inRound = from; inRound < from + count; inRound += 1)
    park(manager, refOf(author, inRound, 7), refOf(author, inRound - 1, 8));
}

function missingOf(manager: BlockManager, ref: BlockRef): Missing | undefined {
  return manager.missing(10_000).find((missing) => missing.ref.digest === ref.digest);
}

test("whoever handed us a block is asked for its parents; whoever signed it claims that they exist", () => {
  const manager = emptyManager();
  const parent = refOf(0, 1);
  manager.park({ block: blockOf(refOf(1, 2), [parent]), from: validatorIndex(2) });
  expect(missingOf(manager, parent)).toMatchObject({ sources: [2], claimants: [1] });
});

test("a block claims all that the blocks below it lack", () => {
  const manager = emptyManager();
  const [lowest, middle, top] = [refOf(0, 1), refOf(1, 2), refOf(3, 3)];
  manager.park({ block: blockOf(middle, [lowest]), from: validatorIndex(1) });
  expect(missingOf(manager, lowest)?.claimants).toEqual([1]);
  manager.park({ block: blockOf(top, [middle]), from: validatorIndex(3) });
  expect(missingOf(manager, lowest)?.claimants).toEqual([1, 3]);
  manager.forgetUpTo(2);
  expect(missingOf(manager, lowest)?.claimants).toEqual([1, 3]);
});

test("a claim ends with the block that made it", () => {
  const manager = emptyManager();
  const parent = refOf(0, 1);
  const [low, high] = [refOf(1, 2), refOf(3, 9)];
  manager.park({ block: blockOf(low, [parent]), from: validatorIndex(1) });
  manager.park({ block: blockOf(high, [parent]), from: validatorIndex(3) });
  manager.forgetUpTo(5);
  expect(missingOf(manager, parent)?.claimants).toEqual([3]);
});

test("a block waits until garbage collection has passed its round, and as much longer as it was granted", () => {
  const manager = emptyManager();
  manager.park({ block: blockOf(refOf(1, 2), [refOf(0, 1)]), from: validatorIndex(1) }, { keptUpTo: 9 });
  manager.park({ block: blockOf(refOf(2, 5), [refOf(0, 4)]), from: validatorIndex(2) }, { keptUpTo: 3 });
  const countAfter = (gcRound: number): number => {
    manager.forgetUpTo(gcRound);
    return manager.parkedCount;
  };
  expect([4, 5, 8, 9].map(countAfter)).toEqual([2, 1, 1, 0]);
});

test("what a block lacks that no validator handed us is claimed by its author all the same", () => {
  const manager = emptyManager();
  const parent = refOf(0, 1);
  manager.park({ block: blockOf(refOf(1, 2), [parent]), from: null });
  manager.park({ block: blockOf(refOf(2, 2), [parent]), from: validatorIndex(2) });
  expect(missingOf(manager, parent)).toMatchObject({ sources: [2], claimants: [1, 2] });
});

test("a chain of thousands of waiting blocks is claimed to its end", () => {
  const manager = emptyManager();
  for (let height = 4000; height >= 1; height -= 1) {
    const block = blockOf(refOf(height % 3, height), [refOf((height - 1) % 3, height - 1)]);
    manager.park({ block, from: validatorIndex(3) });
  }
  expect(manager.missing(10_000)).toHaveLength(1);
  expect(missingOf(manager, refOf(0, 0))?.claimants).toEqual([0, 1, 2]);
});

test("when all is full, whoever answers for most loses its furthest block, be others' rounds higher", () => {
  const manager = emptyManager({ perAuthorMax: 8, totalMax: 8 });
  flood(manager, 3, { from: 10, count: 6 });
  const honest = [refOf(0, 40), refOf(1, 40), refOf(0, 41)];
  const evicted = honest.flatMap((ref) => park(manager, ref, refOf(ref.author, ref.round - 1)));
  expect(evicted).toEqual([refOf(3, 15, 7)]);
  expect(honest.every((ref) => manager.isParked(ref))).toBe(true);
});

test("of several that answer for most, the lowest loses", () => {
  const manager = emptyManager({ perAuthorMax: 8, totalMax: 6 });
  flood(manager, 3, { from: 10, count: 3 });
  flood(manager, 2, { from: 20, count: 3 });
  expect(park(manager, refOf(0, 40), refOf(0, 39))).toEqual([refOf(2, 22, 7)]);
});

test("a block that an honest one needs is charged to that one's author, however much its own author sent", () => {
  const manager = emptyManager({ perAuthorMax: 8, totalMax: 8 });
  flood(manager, 3, { from: 10, count: 7 });
  const [top, middle, low] = [refOf(0, 40), refOf(3, 39), refOf(3, 38)];
  expect(park(manager, top, middle)).toEqual([]);
  // Each lies above all that its author has parked, and is needed through what came before it.
  expect(park(manager, middle, low)).toEqual([refOf(3, 16, 7)]);
  expect(park(manager, low, refOf(3, 37))).toEqual([refOf(3, 15, 7)]);
  expect([top, middle, low].every((ref) => manager.isParked(ref))).toBe(true);
});

test("what several need is charged to the one with the least to answer for", () => {
  const manager = emptyManager({ perAuthorMax: 2, totalMax: 100 });
  const needed = refOf(3, 39);
  for (const ref of [refOf(0, 40), refOf(1, 40)]) park(manager, ref, needed);
  park(manager, refOf(0, 41), refOf(0, 40));
  flood(manager, 3, { from: 10, count: 2 });
  expect(park(manager, needed, refOf(3, 38))).toEqual([]);
  // That was the second of validator 1; one more is too many for it, not for another.
  expect(park(manager, refOf(2, 42), refOf(2, 41))).toEqual([]);
  expect(park(manager, refOf(1, 42), refOf(1, 41))).toEqual([refOf(1, 42)]);
});

test("who has come to wait for a block through another that was here before answers for it, too", () => {
  const manager = emptyManager({ perAuthorMax: 4, totalMax: 100 });
  const [top, middle, low] = [refOf(0, 40), refOf(3, 39), refOf(2, 38)];
  park(manager, middle, low);
  // Its author keeps it in its own share, below its junk; the low one would be the furthest of its author's.
  flood(manager, 3, { from: 50, count: 3 });
  flood(manager, 2, { from: 10, count: 4 });
  park(manager, top, middle);
  expect(park(manager, low, refOf(2, 37))).toEqual([]);
  expect([top, middle, low].every((ref) => manager.isParked(ref))).toBe(true);
});

test("a share is free again once its block is in or given up", () => {
  const manager = emptyManager({ perAuthorMax: 2, totalMax: 100 });
  flood(manager, 3, { from: 10, count: 2 });
  manager.resolve(refOf(3, 10, 7));
  expect(park(manager, refOf(3, 20), refOf(3, 19))).toEqual([]);
  manager.forgetUpTo(11);
  expect(park(manager, refOf(3, 21), refOf(3, 20))).toEqual([]);
  expect(park(manager, refOf(3, 22), refOf(3, 21))).toEqual([refOf(3, 22)]);
});
