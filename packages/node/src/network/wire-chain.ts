// The frames of the questions about the chain: commits, checkpoint certificates, portions of state, newest blocks and
// epoch records. wire.ts calls it for the kinds it names here. An answer must also fit its question (`answersChain`): a
// peer that sends more than was asked, or other bytes than a portion can hold, is refused before anybody keeps them.

import {
  BLOCK_MAX_BYTES,
  CHECKPOINT_MAX_BYTES,
  COMMIT_MAX_BYTES,
  type CommitIndex,
  assertNever,
  commitIndex,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { type ByteReader, ByteWriter } from "./byte-cursor.ts";
import {
  COMMITS_PER_RESPONSE_MAX,
  EPOCHS_PER_RESPONSE_MAX,
  EPOCH_RECORD_MAX_BYTES,
  STATE_PORTION_MAX_BYTES,
  STATE_TRANSFER_MAX_BYTES,
} from "./limits.ts";
import type { ChainAnswer, ChainRequest } from "./transport.ts";

/** Kinds of request and response frames; wire.ts has the ones below. */
const KIND = { commits: 6, checkpoint: 7, state: 8, newestBlockOf: 9, epochs: 10 } as const;
const STATE_PARTS = ["consensus", "snapshot", "manifest"] as const;
const ABSENT = 0;
const PRESENT = 1;

export function encodeChainRequest(request: ChainRequest): Uint8Array {
  const writer = new ByteWriter().uint8(KIND[request.type]);
  switch (request.type) {
    case "commits":
      return writer.count(request.fromIndex).uint32(request.count).finish();
    case "checkpoint":
      return writeOptional(writer, request.index, (index) => writer.count(index)).finish();
    case "state":
      writeOptional(writer, request.index, (index) => writer.count(index));
      return writer.uint8(STATE_PARTS.indexOf(request.kind)).count(request.fromByte).finish();
    case "newestBlockOf":
      return writer.uint32(request.author).finish();
    case "epochs":
      return writer.count(request.fromEpoch).finish();
    default:
      return assertNever(request);
  }
}

/** Undefined for a kind that is none of these, or for fields out of their range. */
export function readChainRequest(reader: ByteReader, kind: number): ChainRequest | undefined {
  switch (kind) {
    case KIND.commits: {
      const fromIndex = readCommitIndex(reader);
      const count = reader.uint32();
      return fromIndex === undefined || count === 0 ? undefined : { type: "commits", fromIndex, count };
    }
    case KIND.checkpoint:
      return readCheckpointRequest(reader);
    case KIND.state:
      return readStateRequest(reader);
    case KIND.newestBlockOf:
      return { type: "newestBlockOf", author: validatorIndex(reader.uint32()) };
    case KIND.epochs:
      return { type: "epochs", fromEpoch: reader.count() };
    default:
      return undefined;
  }
}

function readCheckpointRequest(reader: ByteReader): ChainRequest | undefined {
  const index = readOptionalIndex(reader);
  return index === undefined ? undefined : { type: "checkpoint", index };
}

function readStateRequest(reader: ByteReader): ChainRequest | undefined {
  const index = readOptionalIndex(reader);
  const kind = STATE_PARTS[reader.uint8()];
  const fromByte = reader.count();
  return index === undefined || kind === undefined ? undefined : { type: "state", index, kind, fromByte };
}

export function encodeChainAnswer(answer: ChainAnswer): Uint8Array {
  const writer = new ByteWriter().uint8(KIND[answer.type]);
  switch (answer.type) {
    case "commits":
      return writer.list(answer.commits, (commit) => writer.block(commit)).finish();
    case "checkpoint":
      return writeOptional(writer, answer.certificate, (bytes) => writer.block(bytes)).finish();
    case "state":
      return writer.count(answer.index).count(answer.totalBytes).block(answer.bytes).finish();
    case "newestBlockOf":
      writer.count(answer.highestRoundSeen);
      return writeOptional(writer, answer.block, (bytes) => writer.block(bytes)).finish();
    case "epochs":
      return writer.list(answer.records, (record) => writer.block(record)).finish();
    default:
      return assertNever(answer);
  }
}

/** Undefined for a kind that is none of these; damage is the reader's to tell. */
export function readChainAnswer(reader: ByteReader, kind: number): ChainAnswer | undefined {
  switch (kind) {
    case KIND.commits:
      return {
        type: "commits",
        commits: reader.list(COMMITS_PER_RESPONSE_MAX, () => reader.block(COMMIT_MAX_BYTES)),
      };
    case KIND.checkpoint: {
      const certificate = readOptional(reader, () => reader.block(CHECKPOINT_MAX_BYTES));
      return certificate === undefined ? undefined : { type: "checkpoint", certificate };
    }
    case KIND.state:
      return {
        type: "state",
        index: commitIndex(reader.count()),
        totalBytes: reader.count(),
        bytes: reader.block(STATE_PORTION_MAX_BYTES),
      };
    case KIND.newestBlockOf: {
      const highestRoundSeen = round(reader.count());
      const block = readOptional(reader, () => reader.block(BLOCK_MAX_BYTES));
      return block === undefined ? undefined : { type: "newestBlockOf", block, highestRoundSeen };
    }
    case KIND.epochs:
      return {
        type: "epochs",
        records: reader.list(EPOCHS_PER_RESPONSE_MAX, () => reader.block(EPOCH_RECORD_MAX_BYTES)),
      };
    default:
      return undefined;
  }
}

/** Why this answer cannot belong to this question; undefined if it can. */
export function answersChain(request: ChainRequest, answer: ChainAnswer): string | undefined {
  if (answer.type !== request.type) return `${request.type} were asked for`;
  if (request.type === "commits" && answer.type === "commits") {
    if (answer.commits.length > request.count) return "more commits than were asked for";
    return answer.commits.some((commit) => commit.length === 0) ? "an empty commit" : undefined;
  }
  if (request.type === "state" && answer.type === "state") return stateMismatch(request, answer);
  return undefined;
}

/** Every portion moves on: one that is empty before the end would let a peer hold the asker for ever. */
function stateMismatch(
  { index: wanted, fromByte }: Extract<ChainRequest, { type: "state" }>,
  { index, totalBytes, bytes }: Extract<ChainAnswer, { type: "state" }>,
): string | undefined {
  if (wanted !== null && index !== wanted) return `the state of another commit: ${index}`;
  if (totalBytes === 0 || totalBytes > STATE_TRANSFER_MAX_BYTES) return `a state of ${totalBytes} bytes`;
  if (fromByte + bytes.length > totalBytes) return "a portion beyond the end of the state";
  return bytes.length === 0 && fromByte < totalBytes ? "an empty portion of state" : undefined;
}

/** Undefined if the presence byte or the number is none. */
function readOptionalIndex(reader: ByteReader): CommitIndex | null | undefined {
  const index = readOptional(reader, () => reader.count());
  return typeof index === "number" ? commitIndex(index) : index;
}

function readCommitIndex(reader: ByteReader): CommitIndex | undefined {
  const index = reader.count();
  return reader.isSound ? commitIndex(index) : undefined;
}

function writeOptional<Value>(writer: ByteWriter, value: Value | null, write: (value: Value) => void): ByteWriter {
  if (value === null) return writer.uint8(ABSENT);
  writer.uint8(PRESENT);
  write(value);
  return writer;
}

/** Null if absent, undefined if the presence byte is neither. */
function readOptional<Value>(reader: ByteReader, read: () => Value): Value | null | undefined {
  const presence = reader.uint8();
  if (presence === ABSENT) return null;
  return presence === PRESENT ? read() : undefined;
}
