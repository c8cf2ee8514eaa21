// U4: availability receipts, and every damaged sibling of one with a code of its own.

import { describe, expect, test } from "vitest";
import {
  type Ack,
  type AvailabilityReceipt,
  type ChainId,
  RECEIPT_MAX_BYTES,
  type ReceiptAck,
  type SignedBlock,
  type UpdateDigest,
  buildReceipt,
  decodeReceipt,
  encodeReceipt,
  epoch,
  round,
  score,
  validatorIndex,
  verifyReceipt,
} from "../../src/index.ts";
import { digestNamed, four, makeBlock, parentsAt, sha256 } from "./block-fixture.ts";
import {
  expectBitFlipsSeen,
  expectOversizeRefused,
  expectTrailingByteRefused,
  expectTruncationsRefused,
} from "./codec-laws.ts";

const context = { chainId: four.chainId, committee: four.committee, crypto: four.crypto };
const update = digestNamed("update") as UpdateDigest;

function ackingBlock(author: number, header: Parameters<typeof makeBlock>[0] = {}): SignedBlock {
  const others = ["a", "b", "c", "d"].slice(0, author + 1).map((name) => digestNamed(name) as UpdateDigest);
  const acks: Ack[] = [...others, update]
    .sort((left, right) => (left < right ? -1 : 1))
    .map((digest) => ({
      update: digest,
      score: digest === update && author === 1 ? score(7) : null,
    }));
  const parents = parentsAt(2, [author, ...[0, 1, 2, 3].filter((other) => other !== author)]);
  return makeBlock({ author: validatorIndex(author), parents, ...header }, { acks });
}

const good = buildReceipt(
  update,
  [2, 0, 1].map((author) => ackingBlock(author)),
  sha256,
);

function outcomeOf(receipt: AvailabilityReceipt): string {
  const result = verifyReceipt(receipt, context);
  return result.ok ? "ok" : result.error.code;
}

function withAck(change: (ack: ReceiptAck) => ReceiptAck): AvailabilityReceipt {
  return { ...good, acks: good.acks.map((ack, position) => (position === 1 ? change(ack) : ack)) };
}

describe("U4 an availability receipt", () => {
  test("holds with acks of stake Q, in whatever order the blocks came", () => {
    expect(verifyReceipt(good, context)).toEqual({ ok: true, value: good });
    expect(good.acks.map(({ ack }) => ack.score)).toEqual([null, 7, null]);
  });
  test("shows of each author the first block that acks", () => {
    const later = ackingBlock(0, { round: round(5) });
    expect(buildReceipt(update, [later, ackingBlock(0)], sha256).acks).toEqual([good.acks[0]]);
  });
  test("cannot be built from a block that does not ack", () => {
    expect(() => buildReceipt(update, [makeBlock()], sha256)).toThrow(/ack/);
  });
  test("comes back equal from its bytes, and damage to them is seen", () => {
    const bytes = encodeReceipt(good);
    expect(decodeReceipt(bytes)).toEqual({ ok: true, value: good });
    expectTruncationsRefused(bytes, decodeReceipt);
    expectTrailingByteRefused(bytes, decodeReceipt);
    expectBitFlipsSeen(bytes, decodeReceipt);
    expectOversizeRefused(RECEIPT_MAX_BYTES, decodeReceipt);
  });

  const [first, second, third] = good.acks;
  if (first === undefined || second === undefined || third === undefined) throw new Error("three authors ack");
  const foreignChain = ackingBlock(1, { chainId: digestNamed("x") as ChainId });
  const stranger = ackingBlock(1, { author: validatorIndex(4) });
  test.each<[string, AvailabilityReceipt, string]>([
    ["another update", { ...good, update: digestNamed("other") as UpdateDigest }, "RECEIPT_UPDATE"],
    ["too little stake", { ...good, acks: [first, second] }, "RECEIPT_STAKE"],
    ["no acks", { ...good, acks: [] }, "RECEIPT_STAKE"],
    ["one author twice", { ...good, acks: [first, second, second] }, "RECEIPT_ORDER"],
    ["authors out of order", { ...good, acks: [second, first, third] }, "RECEIPT_ORDER"],
    [
      "a header of another chain",
      { ...good, acks: buildReceipt(update, [foreignChain], sha256).acks },
      "RECEIPT_CHAIN",
    ],
    [
      "a header of another epoch",
      { ...good, acks: buildReceipt(update, [ackingBlock(1, { epoch: epoch(1) })], sha256).acks },
      "RECEIPT_EPOCH",
    ],
    ["an author that is no member", { ...good, acks: buildReceipt(update, [stranger], sha256).acks }, "RECEIPT_AUTHOR"],
    [
      "header bytes that are none",
      withAck((ack) => ({ ...ack, headerBytes: ack.headerBytes.subarray(1) })),
      "ENCODING_TRAILING_BYTES",
    ],
    [
      "a score that was not given",
      withAck((ack) => ({ ...ack, ack: { ...ack.ack, score: score(8) } })),
      "RECEIPT_PROOF",
    ],
    [
      "another leaf's place",
      withAck((ack) => ({ ...ack, leafIndex: (ack.leafIndex + 1) % ack.leafCount })),
      "RECEIPT_PROOF",
    ],
    ["a shorter path", withAck((ack) => ({ ...ack, path: ack.path.slice(1) })), "RECEIPT_PROOF"],
    ["a damaged path", withAck((ack) => ({ ...ack, path: ack.path.map(() => new Uint8Array(32)) })), "RECEIPT_PROOF"],
    ["another header's proof", withAck((ack) => ({ ...ack, headerBytes: third.headerBytes })), "RECEIPT_PROOF"],
    ["a signature of somebody else", withAck((ack) => ({ ...ack, signature: first.signature })), "RECEIPT_SIGNATURE"],
  ])("with %s is refused", (_, damaged, code) => {
    expect(outcomeOf(damaged)).toBe(code);
  });
});
