// A safety file that is older than the store is not the one that was written (F22); one that is a single block behind is
// what a crash leaves.

import type { SafetyRecord } from "@selvedge/consensus";
import {
  type BlockRef,
  type Digest,
  type VerifiedBlock,
  digestFromHex,
  epoch,
  round,
  zeroDigest,
} from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { checkSafetyRecord, unrecordedSignature, withDoubts } from "../../src/safety/safety-check.ts";

const digestOf = (at: number): Digest => digestFromHex<Digest>(at.toString(16).padStart(64, "0"));
const recordAt = (at: number, inEpoch = 0): SafetyRecord => ({
  epoch: epoch(inEpoch),
  round: round(at),
  digest: digestOf(at),
});

/** Our newest block, of that round, after one of ours of the round before it. */
function newestOwn(at: number, previous: number): VerifiedBlock {
  const ref = { round: round(at), author: 0, digest: digestOf(at) } as unknown as BlockRef;
  const parents = [{ ...ref, round: round(previous), digest: digestOf(previous) }];
  return { ref, header: { epoch: epoch(0), parents } } as unknown as VerifiedBlock;
}

const check =
  (last: SafetyRecord | null, newest: VerifiedBlock | null, hasForgotten = false) =>
  () =>
    checkSafetyRecord(last, { newestOwnBlock: newest, hasForgotten });

describe("the safety file against the store", () => {
  it.each([
    ["both empty", null, null],
    ["as far as the store", recordAt(20), newestOwn(20, 19)],
    ["one block behind, as a crash between the two writes leaves it", recordAt(17), newestOwn(20, 17)],
    ["empty at the first block", null, newestOwn(1, 0)],
    ["ahead: that is for the engine to recover", recordAt(30), newestOwn(20, 19)],
    ["of a later epoch", recordAt(2, 1), newestOwn(20, 19)],
  ])("holds when %s", (_what, last, newest) => {
    expect(check(last, newest)).not.toThrow();
  });

  it.each([
    ["empty although blocks were signed", null, newestOwn(20, 19)],
    ["two blocks behind", recordAt(18), newestOwn(20, 19)],
    ["at another block of the same round", { ...recordAt(20), digest: digestOf(7) }, newestOwn(20, 19)],
  ])("is refused when %s (exit 65)", (_what, last, newest) => {
    expect(check(last, newest)).toThrow(expect.objectContaining({ code: "DATA_CORRUPT", exitCode: 65 }));
  });

  it("proves nothing after an amnesia, nor when it was started anew", () => {
    expect(check(recordAt(3), newestOwn(20, 19), true)).not.toThrow();
    expect(check({ ...recordAt(3), digest: zeroDigest() }, newestOwn(20, 19))).not.toThrow();
  });

  it("names the way out", () => {
    expect(check(null, newestOwn(20, 19))).toThrow(/selvedge safety import FILE.*selvedge safety recover/u);
  });
});

describe("what a crash between the two writes left out of the safety file", () => {
  const missing = (
    last: SafetyRecord | null,
    newest: VerifiedBlock | null,
    hasForgotten = false,
  ): SafetyRecord | null => unrecordedSignature(last, { newestOwnBlock: newest, hasForgotten });

  it("is the store's newest block, so that a second crash of that kind finds the file one behind again", () => {
    expect(missing(recordAt(17), newestOwn(20, 17))).toEqual(recordAt(20));
    expect(missing(null, newestOwn(1, 0))).toEqual(recordAt(1));
  });

  it("is nothing where the file is as far as the store or further, in this epoch or a later one", () => {
    expect(missing(recordAt(20), newestOwn(20, 19))).toBeNull();
    expect(missing(recordAt(30), newestOwn(20, 19))).toBeNull();
    expect(missing(recordAt(2, 1), newestOwn(20, 19))).toBeNull();
    expect(missing(recordAt(5), null)).toBeNull();
  });

  it("is for recovery to find out after an amnesia, or when the file was started anew", () => {
    expect(missing(recordAt(17), newestOwn(20, 17), true)).toBeNull();
    expect(missing({ ...recordAt(3), digest: zeroDigest() }, newestOwn(20, 17))).toBeNull();
  });
});

describe("what the engine is told", () => {
  const recovered = { hasForgotten: false } as unknown as NonNullable<Parameters<typeof withDoubts>[0]>;
  const report = (from: string, to: string) => ({
    mended: [],
    lostRanges: [{ from, to }],
    lostBatches: 0,
    checkedBytes: 0,
  });

  it("a safety file that was started anew knows nothing of what was signed", () => {
    const safety = { last: { ...recordAt(3), digest: zeroDigest() } } as never;
    expect(withDoubts(recovered, { safety })).toMatchObject({ isSignedUnknown: true, hasForgotten: false });
  });

  it("records cut out of where acks are kept may have been acks, those of payload or blocks not", () => {
    const doubts = (from: string, to: string) => withDoubts(recovered, { safety: null, storeReport: report(from, to) });
    expect(doubts("m/ack/a", "m/ack/b")).toMatchObject({ hasForgotten: true });
    expect(doubts("c/0", "p/1")).toMatchObject({ hasForgotten: true });
    for (const [from, to] of [
      ["p/0", "p/1"],
      ["b/0", "b/9"],
    ] as const)
      expect(doubts(from, to)).toMatchObject({ hasForgotten: false });
  });
});
