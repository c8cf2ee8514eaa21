// The portable availability receipt (docs/protocol.md §8, U4): made from blocks by whoever sees acks of stake Q, checked
// offline by a device that knows the committee.

import { assert, mustExist } from "../assert.ts";
import type { Ack, BlockHeader, SignedBlock } from "../block.ts";
import { type Committee, StakeTally, isMember, memberOf } from "../committee.ts";
import type { Crypto, Sha256 } from "../crypto/port.ts";
import { type BlockDigest, type ChainId, type UpdateDigest, digestOf, digestToBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { BLOCK_HEADER_MAX_BYTES, COMMITTEE_SIZE_MAX, MERKLE_PATH_MAX, RECEIPT_MAX_BYTES } from "../limits.ts";
import { inclusionPath, verifyInclusion } from "../merkle/inclusion-proof.ts";
import { leafHash } from "../merkle/tree-hash.ts";
import { leafHashes } from "../merkle/tree.ts";
import type { AvailabilityReceipt, ReceiptAck } from "../receipt.ts";
import { type Result, err, ok } from "../result.ts";
import { ACK_SHAPE, ackWire, decodeBlockHeader, readAck } from "./block-wire.ts";
import { FieldReader } from "./fields.ts";
import { decode, encode, wireInteger } from "./msgpack.ts";

const SIGNATURE_BYTES = 64;
const PATH_HASH = { min: 32, max: 32 };

/** From the first block of each author that acks the update; the blocks may come in any order. */
export function buildReceipt(
  update: UpdateDigest,
  blocks: readonly SignedBlock[],
  sha256: Sha256,
): AvailabilityReceipt {
  const byAuthor = blocks.toSorted(
    (left, right) => left.ref.author - right.ref.author || left.ref.round - right.ref.round,
  );
  const firsts = byAuthor.filter((block, position) => block.ref.author !== byAuthor[position - 1]?.ref.author);
  return { update, acks: firsts.map((block) => receiptAck(update, block, sha256)) };
}

export interface ReceiptContext {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Crypto;
}

/** Whether acks of stake Q for the named update are shown, each in a block that its author signed. */
export function verifyReceipt(
  receipt: AvailabilityReceipt,
  context: ReceiptContext,
): Result<AvailabilityReceipt, Rejection> {
  const tally = new StakeTally(context.committee);
  let previous = -1;
  for (const ack of receipt.acks) {
    const header = verifyReceiptAck(receipt.update, ack, context);
    if (!header.ok) return header;
    const { author } = header.value;
    if (author <= previous) return err(rejection("RECEIPT_ORDER", `author ${author} repeats or is out of order`));
    previous = author;
    tally.add(author);
  }
  if (tally.hasQuorum) return ok(receipt);
  const needed = context.committee.quorumStake;
  return err(rejection("RECEIPT_STAKE", `acks of stake ${tally.stake}, needed is ${needed}`));
}

export function encodeReceipt({ update, acks }: AvailabilityReceipt): Uint8Array {
  return encode([
    digestToBytes(update),
    acks.map(({ headerBytes, signature, ack, leafIndex, leafCount, path }) => [
      headerBytes,
      signature,
      ackWire(ack),
      wireInteger(leafIndex),
      wireInteger(leafCount),
      path,
    ]),
  ]);
}

export function decodeReceipt(bytes: Uint8Array): Result<AvailabilityReceipt, Rejection> {
  const wire = decode(bytes, { bytesMax: RECEIPT_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "receipt", fieldCount: 2 });
  const update = fields.digest<UpdateDigest>("update");
  const acks = fields.records({ name: "acks", fieldCount: 6, entriesMax: COMMITTEE_SIZE_MAX }, readReceiptAck);
  return fields.finish(() => ({ update, acks }));
}

function receiptAck(update: UpdateDigest, block: SignedBlock, sha256: Sha256): ReceiptAck {
  const { acks } = block.body;
  const leafIndex = acks.findIndex((ack) => ack.update === update);
  assert(leafIndex >= 0, "a receipt is built from blocks that ack its update");
  const hashes = leafHashes(sha256, acks.map(leafOf));
  return {
    headerBytes: block.headerBytes,
    signature: block.signature,
    ack: mustExist(acks[leafIndex], "the index was found"),
    leafIndex,
    leafCount: acks.length,
    path: inclusionPath(sha256, hashes, leafIndex),
  };
}

function verifyReceiptAck(
  update: UpdateDigest,
  shown: ReceiptAck,
  { chainId, committee, crypto }: ReceiptContext,
): Result<BlockHeader, Rejection> {
  const decoded = decodeBlockHeader(shown.headerBytes);
  if (!decoded.ok) return decoded;
  const header = decoded.value;
  if (header.chainId !== chainId) return err(rejection("RECEIPT_CHAIN", `a block of chain ${header.chainId}`));
  if (header.epoch !== committee.epoch) return err(rejection("RECEIPT_EPOCH", `a block of epoch ${header.epoch}`));
  if (!isMember(committee, header.author)) {
    return err(rejection("RECEIPT_AUTHOR", `validator ${header.author} is no member`));
  }
  if (shown.ack.update !== update) return err(rejection("RECEIPT_UPDATE", `an ack of update ${shown.ack.update}`));
  if (!isIncluded(shown, header, crypto.sha256)) {
    return err(rejection("RECEIPT_PROOF", `the ack of validator ${header.author} is not in its block`));
  }
  const digest = digestOf<BlockDigest>(crypto.sha256, "block", shown.headerBytes);
  if (!crypto.verify(memberOf(committee, header.author).publicKey, digestToBytes(digest), shown.signature)) {
    return err(rejection("RECEIPT_SIGNATURE", `the block of validator ${header.author} is not signed by it`));
  }
  return ok(header);
}

function isIncluded(shown: ReceiptAck, header: BlockHeader, sha256: Sha256): boolean {
  const claim = {
    root: digestToBytes(header.acksRoot),
    treeSize: shown.leafCount,
    index: shown.leafIndex,
    leafHash: leafHash(sha256, leafOf(shown.ack)),
    path: shown.path,
  };
  return verifyInclusion(sha256, claim).ok;
}

function leafOf(ack: Ack): Uint8Array {
  return encode(ackWire(ack));
}

function readReceiptAck(fields: FieldReader): ReceiptAck {
  return {
    headerBytes: fields.bytesUpTo("header", BLOCK_HEADER_MAX_BYTES),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
    ack: fields.record(ACK_SHAPE, readAck),
    leafIndex: fields.count("leafIndex"),
    leafCount: fields.count("leafCount"),
    path: fields.bytesList("path", { entriesMax: MERKLE_PATH_MAX, size: PATH_HASH }),
  };
}
