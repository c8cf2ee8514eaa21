// Wire and disk form of the baseline's records: MessagePack arrays through the house's one encoding. A decoded block's
// digest is computed, never read, so that a block is what its bytes say.

import {
  type Digest,
  FieldReader,
  type Sha256,
  type WireValue,
  decode,
  digestFromBytes,
  digestToBytes,
  encode,
  utf8FromText,
  wireInteger,
} from "@selvedge/integrity";
import { HOTSTUFF_BLOCKS_PER_ANSWER_MAX, HOTSTUFF_MESSAGE_MAX_BYTES } from "./limits.ts";
import {
  type HotStuffBlock,
  type HotStuffMessage,
  type QuorumCertificate,
  type SafetyRecord,
  type TimeoutCertificate,
  SIGNATURE_BYTES,
} from "./records.ts";

const KINDS = ["proposal", "vote", "timeout", "advance", "transactions", "request", "blocks"] as const;
const MEMBERS_MAX = 1024;
const TRANSACTIONS_MAX = 1_000_000;
const BOUNDS = { bytesMax: HOTSTUFF_MESSAGE_MAX_BYTES, itemsMax: 4 * TRANSACTIONS_MAX };
const BLOCK = { name: "block", fieldCount: 5 };
const QUORUM = { name: "quorum certificate", fieldCount: 4 };
const TIMEOUTS = { name: "timeout certificate", fieldCount: 2 };

/** A block without its digest. */
export type BlockDraft = Omit<HotStuffBlock, "digest">;

export function sealBlock(sha256: Sha256, draft: BlockDraft): HotStuffBlock {
  return { ...draft, digest: blockDigest(sha256, draft) };
}

/** Of transactions in their order. */
export function payloadHash(sha256: Sha256, transactions: readonly Uint8Array[]): Uint8Array {
  return sha256(encode(transactions));
}

/** Covers what the block says and the certificate's view and block, not whose signatures the certificate happens to hold. */
function blockDigest(sha256: Sha256, { view, author, height, justify, transactions }: BlockDraft): Digest {
  const payload = payloadHash(sha256, transactions);
  const header = [
    wireInteger(view),
    author,
    wireInteger(height),
    wireInteger(justify.view),
    digestToBytes(justify.digest),
    payload,
  ];
  return digestFromBytes(sha256(encode(["selvedge-sim/hotstuff/block", ...header])));
}

/** Of a chain of this committee: nothing is above it. */
export function genesisBlock(sha256: Sha256, size: number): HotStuffBlock {
  const nothing = digestFromBytes(sha256(utf8FromText(`selvedge-sim/hotstuff/genesis/${size}`)));
  const justify: QuorumCertificate = { view: 0, digest: nothing, signers: [], signatures: [] };
  return sealBlock(sha256, { view: 0, author: 0, height: 0, justify, transactions: [] });
}

export function encodeMessage(message: HotStuffMessage): Uint8Array {
  return encode([KINDS.indexOf(message.type), fieldsOf(message)]);
}

export function encodeBlock(block: HotStuffBlock): Uint8Array {
  return encode(blockFields(block));
}

export function decodeBlock(sha256: Sha256, bytes: Uint8Array): HotStuffBlock | null {
  return valueOf(bytes, BLOCK, (reader) => readBlock(sha256, reader));
}

export function encodeSafety({ votedView, high, timeouts }: SafetyRecord): Uint8Array {
  return encode([wireInteger(votedView), quorumFields(high), timeoutsFields(timeouts)]);
}

export function decodeSafety(bytes: Uint8Array): SafetyRecord | null {
  return valueOf(bytes, { name: "safety record", fieldCount: 3 }, (reader) => ({
    votedView: reader.count("votedView"),
    high: reader.record(QUORUM, readQuorum),
    timeouts: reader.recordOrNull(TIMEOUTS, readTimeouts),
  }));
}

/** Null for bytes that are no message of this protocol. */
export function decodeMessage(sha256: Sha256, bytes: Uint8Array): HotStuffMessage | null {
  return valueOf(bytes, { name: "message", fieldCount: 2 }, (reader) => {
    const type = reader.choice("kind", KINDS, "request");
    return reader.record({ name: type, fieldCount: FIELD_COUNTS[type] }, (fields) => readMessage(sha256, type, fields));
  });
}

type Fields = readonly WireValue[];

const FIELD_COUNTS: Readonly<Record<HotStuffMessage["type"], number>> = {
  proposal: 3,
  vote: 4,
  timeout: 5,
  advance: 2,
  transactions: 3,
  request: 2,
  blocks: 1,
};

function fieldsOf(message: HotStuffMessage): Fields {
  switch (message.type) {
    case "proposal":
      return [blockFields(message.block), timeoutsFields(message.timeouts), message.signature];
    case "vote":
      return [wireInteger(message.view), digestToBytes(message.digest), message.voter, message.signature];
    case "timeout":
      return [
        wireInteger(message.view),
        message.voter,
        quorumFields(message.high),
        timeoutsFields(message.timeouts),
        message.signature,
      ];
    case "advance":
      return [quorumFields(message.high), timeoutsFields(message.timeouts)];
    case "transactions":
      return [message.transactions, message.gateway, message.signature];
    case "request":
      return [digestToBytes(message.digest), wireInteger(message.aboveHeight)];
    case "blocks":
      return [message.blocks.map(blockFields)];
    default:
      return [];
  }
}

function blockFields({ view, author, height, justify, transactions }: HotStuffBlock): Fields {
  return [wireInteger(view), author, wireInteger(height), quorumFields(justify), transactions];
}

function quorumFields({ view, digest, signers, signatures }: QuorumCertificate): Fields {
  return [wireInteger(view), digestToBytes(digest), bitmapOf(signers), signatures];
}

function timeoutsFields(timeouts: TimeoutCertificate | null): Fields | null {
  if (timeouts === null) return null;
  const entries = timeouts.entries.map(({ signer, highView, signature }) => [signer, wireInteger(highView), signature]);
  return [wireInteger(timeouts.view), entries];
}

function readMessage(sha256: Sha256, type: HotStuffMessage["type"], reader: FieldReader): HotStuffMessage {
  switch (type) {
    case "proposal":
      return {
        type,
        block: reader.record(BLOCK, (fields) => readBlock(sha256, fields)),
        timeouts: reader.recordOrNull(TIMEOUTS, readTimeouts),
        signature: reader.bytes("signature", SIGNATURE_BYTES),
      };
    case "vote":
      return {
        type,
        view: reader.count("view"),
        digest: reader.digest("digest"),
        voter: reader.count("voter", MEMBERS_MAX),
        signature: reader.bytes("signature", SIGNATURE_BYTES),
      };
    case "timeout":
      return {
        type,
        view: reader.count("view"),
        voter: reader.count("voter", MEMBERS_MAX),
        high: reader.record(QUORUM, readQuorum),
        timeouts: reader.recordOrNull(TIMEOUTS, readTimeouts),
        signature: reader.bytes("signature", SIGNATURE_BYTES),
      };
    case "advance":
      return { type, high: reader.record(QUORUM, readQuorum), timeouts: reader.recordOrNull(TIMEOUTS, readTimeouts) };
    case "transactions":
      return {
        type,
        transactions: readTransactions(reader),
        gateway: reader.count("gateway", MEMBERS_MAX),
        signature: reader.bytes("signature", SIGNATURE_BYTES),
      };
    case "request":
      return { type, digest: reader.digest("digest"), aboveHeight: reader.count("aboveHeight") };
    default: {
      const shape = { ...BLOCK, entriesMax: HOTSTUFF_BLOCKS_PER_ANSWER_MAX };
      return { type: "blocks", blocks: reader.records(shape, (fields) => readBlock(sha256, fields)) };
    }
  }
}

function readBlock(sha256: Sha256, reader: FieldReader): HotStuffBlock {
  const view = reader.count("view");
  const author = reader.count("author", MEMBERS_MAX);
  const height = reader.count("height");
  const justify = reader.record(QUORUM, readQuorum);
  return sealBlock(sha256, { view, author, height, justify, transactions: readTransactions(reader) });
}

function readTransactions(reader: FieldReader): readonly Uint8Array[] {
  return reader.bytesList("transactions", {
    entriesMax: TRANSACTIONS_MAX,
    size: { min: 0, max: HOTSTUFF_MESSAGE_MAX_BYTES },
  });
}

function readQuorum(reader: FieldReader): QuorumCertificate {
  const view = reader.count("view");
  const digest = reader.digest("digest");
  const signers = membersOf(reader.bytesUpTo("signers", MEMBERS_MAX / 8));
  const size = { min: SIGNATURE_BYTES, max: SIGNATURE_BYTES };
  return { view, digest, signers, signatures: reader.bytesList("signatures", { entriesMax: MEMBERS_MAX, size }) };
}

function readTimeouts(reader: FieldReader): TimeoutCertificate {
  const view = reader.count("view");
  const entries = reader.records({ name: "timeout entry", fieldCount: 3, entriesMax: MEMBERS_MAX }, (fields) => ({
    signer: fields.count("signer", MEMBERS_MAX),
    highView: fields.count("highView"),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
  }));
  return { view, entries };
}

function valueOf<Value>(
  bytes: Uint8Array,
  shape: { readonly name: string; readonly fieldCount: number },
  read: (reader: FieldReader) => Value,
): Value | null {
  const decoded = decode(bytes, BOUNDS);
  if (!decoded.ok) return null;
  const reader = FieldReader.open(decoded.value, shape);
  const value = read(reader);
  const finished = reader.finish(() => value);
  return finished.ok ? finished.value : null;
}

/** As short as the highest signer allows. */
function bitmapOf(signers: readonly number[]): Uint8Array {
  const highest = signers.at(-1);
  const bitmap = new Uint8Array(highest === undefined ? 0 : (highest >> 3) + 1);
  for (const signer of signers) bitmap[signer >> 3] = (bitmap[signer >> 3] ?? 0) | (1 << (signer & 7));
  return bitmap;
}

function membersOf(bitmap: Uint8Array): readonly number[] {
  const members: number[] = [];
  for (let index = 0; index < bitmap.length * 8; index += 1) {
    if (((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0) members.push(index);
  }
  return members;
}
