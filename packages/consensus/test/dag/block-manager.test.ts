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

function emptyManager(): BlockManager {
  return new BlockManager({ isIn: () => false, acceptedInSlot: () => 0, perAuthorMax: 5000, totalMax: 5000 });
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

test("what a block from nobody lacks is claimed by nobody", () => {
  const manager = emptyManager();
  const parent = refOf(0, 1);
  manager.park({ block: blockOf(refOf(1, 2), [parent]), from: null });
  manager.park({ block: blockOf(refOf(2, 2), [parent]), from: validatorIndex(2) });
  expect(missingOf(manager, parent)).toMatchObject({ sources: [2], claimants: [] });
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
