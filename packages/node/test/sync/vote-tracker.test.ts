// F62: what one validator claims moves nobody; what more than F stake says does.

import { createTestChain } from "@selvedge/consensus/testing";
import { type CommitDigest, type VerifiedBlock, commitIndex, validatorIndex, zeroDigest } from "@selvedge/integrity";
import { expect, it } from "vitest";
import { VoteTracker } from "../../src/sync/vote-tracker.ts";

function blockBy(author: number, index: number): VerifiedBlock {
  const votes = [{ index: commitIndex(index), digest: zeroDigest<CommitDigest>() }];
  return { ref: { author: validatorIndex(author) }, header: { commitVotes: votes } } as unknown as VerifiedBlock;
}

it("a height that one validator alone claims is nothing, however often and however high", () => {
  const votes = new VoteTracker(createTestChain({ size: 4 }).committee);
  for (let index = 1; index < 100; index += 1) votes.note(blockBy(0, index * 10 ** 10));
  expect(votes.credibleIndex).toBe(0);
  votes.note(blockBy(1, 7));
  expect(votes.credibleIndex).toBe(7);
});

it("counts stake and not heads", () => {
  const votes = new VoteTracker(createTestChain({ size: 4, stakes: [5, 1, 1, 1] }).committee);
  votes.note(blockBy(1, 10));
  votes.note(blockBy(2, 9));
  expect(votes.credibleIndex).toBe(0);
  votes.note(blockBy(0, 8));
  expect(votes.credibleIndex).toBe(8);
});

it("never goes back", () => {
  const votes = new VoteTracker(createTestChain({ size: 4 }).committee);
  votes.note(blockBy(0, 50));
  votes.note(blockBy(1, 60));
  votes.note(blockBy(1, 3));
  expect(votes.credibleIndex).toBe(50);
});
