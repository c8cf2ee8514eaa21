// How long records are once encoded, without encoding them: a run asks for every message sent. Kept equal to codec.ts by
// test.

import {
  type HotStuffBlock,
  type HotStuffMessage,
  type QuorumCertificate,
  type SafetyRecord,
  type TimeoutCertificate,
  SIGNATURE_BYTES,
} from "./records.ts";

const DIGEST = 2 + 32;
const SIGNATURE = 2 + SIGNATURE_BYTES;
const NIL = 1;

export function messageSize(message: HotStuffMessage): number {
  return list(2) + 1 + fieldsSize(message);
}

export function blockSize({ view, author, height, justify, transactions }: HotStuffBlock): number {
  return (
    list(5) + integer(view) + integer(author) + integer(height) + quorumSize(justify) + transactionsSize(transactions)
  );
}

export function safetySize({ votedView, high, timeouts }: SafetyRecord): number {
  return list(3) + integer(votedView) + quorumSize(high) + timeoutsSize(timeouts);
}

function fieldsSize(message: HotStuffMessage): number {
  switch (message.type) {
    case "proposal":
      return list(3) + blockSize(message.block) + timeoutsSize(message.timeouts) + SIGNATURE;
    case "vote":
      return list(4) + integer(message.view) + DIGEST + integer(message.voter) + SIGNATURE;
    case "timeout": {
      const certificates = quorumSize(message.high) + timeoutsSize(message.timeouts);
      return list(5) + integer(message.view) + integer(message.voter) + certificates + SIGNATURE;
    }
    case "advance":
      return list(2) + quorumSize(message.high) + timeoutsSize(message.timeouts);
    case "transactions":
      return list(3) + transactionsSize(message.transactions) + integer(message.gateway) + SIGNATURE;
    case "request":
      return list(2) + DIGEST + integer(message.aboveHeight);
    default:
      return list(1) + list(message.blocks.length) + message.blocks.reduce((sum, block) => sum + blockSize(block), 0);
  }
}

function quorumSize({ view, signers }: QuorumCertificate): number {
  const bitmap = bytes(((signers.at(-1) ?? -8) >> 3) + 1);
  return list(4) + integer(view) + DIGEST + bitmap + list(signers.length) + signers.length * SIGNATURE;
}

function timeoutsSize(timeouts: TimeoutCertificate | null): number {
  if (timeouts === null) return NIL;
  let size = list(2) + integer(timeouts.view) + list(timeouts.entries.length);
  for (const { signer, highView } of timeouts.entries)
    size += list(3) + integer(signer) + integer(highView) + SIGNATURE;
  return size;
}

function transactionsSize(transactions: readonly Uint8Array[]): number {
  let size = list(transactions.length);
  for (const transaction of transactions) size += bytes(transaction.length);
  return size;
}

/** Head and content of a byte string. */
function bytes(length: number): number {
  if (length < 0x100) return 2 + length;
  return (length < 0x1_0000 ? 3 : 5) + length;
}

/** Head of an array. */
function list(length: number): number {
  if (length < 16) return 1;
  return length < 0x1_0000 ? 3 : 5;
}

/** Non-negative. */
function integer(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x100) return 2;
  if (value < 0x1_0000) return 3;
  return value <= 0xffff_ffff ? 5 : 9;
}
