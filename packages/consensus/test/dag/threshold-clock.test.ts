import { createTestChain } from "@selvedge/consensus/testing";
import { type BlockDigest, type BlockRef, round, validatorIndex, zeroDigest } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { ThresholdClock } from "../../src/dag/threshold-clock.ts";

function ref(author: number, blockRound: number): BlockRef {
  return { author: validatorIndex(author), round: round(blockRound), digest: zeroDigest<BlockDigest>() };
}

test("a round is full with blocks of Q stake by distinct authors", () => {
  const clock = new ThresholdClock(createTestChain({ size: 4 }).committee);
  expect(clock.quorumRound).toBe(0);
  for (const author of [1, 1, 1, 2]) clock.add(ref(author, 1));
  expect(clock.quorumRound).toBe(0);
  clock.add(ref(3, 1));
  expect(clock.quorumRound).toBe(1);
  expect(clock.highestRound).toBe(1);
});

test("late blocks of full rounds change nothing", () => {
  const clock = new ThresholdClock(createTestChain({ size: 4 }).committee);
  clock.startFrom(9);
  for (const author of [0, 1, 2, 3]) clock.add(ref(author, 5));
  expect(clock.quorumRound).toBe(9);
});
