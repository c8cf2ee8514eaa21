// The layout of blocks: which field stands where, and what the leaves of the body's trees are. Pure translation between
// records and wire values; block-codec.ts and verify-block.ts call it, and receipts read headers with it.

import type { Ack, BlockHeader, BlockRef, CheckpointVote, CoinShare, CommitVote, ControlEntry } from "../block.ts";
import { type BlockDigest, type CommitDigest, type UpdateDigest, digestToBytes } from "../digest.ts";
import type { Rejection } from "../fault.ts";
import { SCORE_MAX, commitIndex, epoch, round, score, validatorIndex } from "../ids.ts";
import { BLOCK_HEADER_MAX_BYTES, COMMITTEE_SIZE_MAX, CONTROL_PAYLOAD_MAX_BYTES } from "../limits.ts";
import type { Result } from "../result.ts";
import { FieldReader, type RecordShape } from "./fields.ts";
import { type WireValue, decode, wireInteger } from "./msgpack.ts";

const POINT_BYTES = 32;
const PROOF_BYTES = 64;
const SIGNATURE_BYTES = 64;
/** Beyond any genesis; P6 checks the genesis' own bounds. */
const VOTES_MAX = 65_536;
const TICKETS_MAX = 4 * COMMITTEE_SIZE_MAX;
const SCORE_RANGE = { min: -SCORE_MAX, max: SCORE_MAX };

const HEADER_SHAPE: RecordShape = { name: "block header", fieldCount: 14 };
const REF_SHAPE: RecordShape = { name: "block reference", fieldCount: 3 };
export const ACK_SHAPE: RecordShape = { name: "ack", fieldCount: 2 };
export const CONTROL_SHAPE: RecordShape = { name: "control entry", fieldCount: 2 };

export function headerWire(header: BlockHeader): WireValue {
  return [
    header.version,
    digestToBytes(header.chainId),
    wireInteger(header.epoch),
    wireInteger(header.round),
    wireInteger(header.author),
    header.parents.map(refWire),
    digestToBytes(header.acksRoot),
    digestToBytes(header.updatesRoot),
    digestToBytes(header.transactionsRoot),
    digestToBytes(header.controlRoot),
    header.coinShare === null ? null : [header.coinShare.points, header.coinShare.proof],
    header.commitVotes.map(({ index, digest }) => [wireInteger(index), digestToBytes(digest)]),
    header.checkpointVotes.map(({ index, stateRoot, signature }) => [
      wireInteger(index),
      digestToBytes(stateRoot),
      signature,
    ]),
    wireInteger(header.timestampMs),
  ];
}

export function refWire({ round: roundNumber, author, digest }: BlockRef): WireValue {
  return [wireInteger(roundNumber), wireInteger(author), digestToBytes(digest)];
}

/** Its canonical bytes are the leaf of the acks tree. */
export function ackWire({ update, score: value }: Ack): WireValue {
  return [digestToBytes(update), value === null ? null : wireInteger(value)];
}

/** Its canonical bytes are the leaf of the control tree. */
export function controlWire({ kind, payload }: ControlEntry): WireValue {
  return [kind, payload];
}

export function decodeBlockHeader(bytes: Uint8Array): Result<BlockHeader, Rejection> {
  const wire = decode(bytes, { bytesMax: BLOCK_HEADER_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, HEADER_SHAPE);
  const header = readHeader(fields);
  return fields.finish(() => header);
}

function readRef(fields: FieldReader): BlockRef {
  return {
    round: round(fields.count("round")),
    author: validatorIndex(fields.count("author")),
    digest: fields.digest<BlockDigest>("digest"),
  };
}

export function readRefs(fields: FieldReader, name: string, entriesMax: number): readonly BlockRef[] {
  return fields.records({ ...REF_SHAPE, name, entriesMax }, readRef);
}

export function readLeader(fields: FieldReader): BlockRef {
  return fields.record({ ...REF_SHAPE, name: "leader" }, readRef);
}

export function readAck(fields: FieldReader): Ack {
  const update = fields.digest<UpdateDigest>("update");
  const value = fields.integerOrNull("score", SCORE_RANGE);
  return { update, score: value === null ? null : score(value) };
}

export function readControl(fields: FieldReader): ControlEntry {
  return {
    kind: fields.integer("kind", { min: 1, max: 255 }),
    payload: fields.bytesUpTo("payload", CONTROL_PAYLOAD_MAX_BYTES),
  };
}

/** The `version` is read as a number of one byte and checked against ours by verify-block.ts. */
function readHeader(fields: FieldReader): BlockHeader {
  fields.integer("version", { min: 1, max: 1 });
  return {
    version: 1,
    chainId: fields.digest("chainId"),
    epoch: epoch(fields.count("epoch")),
    round: round(fields.count("round")),
    author: validatorIndex(fields.count("author")),
    parents: readRefs(fields, "parents", COMMITTEE_SIZE_MAX),
    acksRoot: fields.digest("acksRoot"),
    updatesRoot: fields.digest("updatesRoot"),
    transactionsRoot: fields.digest("transactionsRoot"),
    controlRoot: fields.digest("controlRoot"),
    coinShare: fields.recordOrNull({ name: "coin share", fieldCount: 2 }, readCoinShare),
    commitVotes: fields.records({ name: "commitVotes", fieldCount: 2, entriesMax: VOTES_MAX }, readCommitVote),
    checkpointVotes: fields.records(
      { name: "checkpointVotes", fieldCount: 3, entriesMax: VOTES_MAX },
      readCheckpointVote,
    ),
    timestampMs: fields.count("timestampMs"),
  };
}

function readCoinShare(fields: FieldReader): CoinShare {
  return {
    points: fields.bytesList("points", { entriesMax: TICKETS_MAX, size: { min: POINT_BYTES, max: POINT_BYTES } }),
    proof: fields.bytes("proof", PROOF_BYTES),
  };
}

function readCommitVote(fields: FieldReader): CommitVote {
  return { index: commitIndex(fields.count("index")), digest: fields.digest<CommitDigest>("digest") };
}

function readCheckpointVote(fields: FieldReader): CheckpointVote {
  return {
    index: commitIndex(fields.count("index")),
    stateRoot: fields.digest("stateRoot"),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
  };
}
