// What our host keeps on its disk, as records: one for each `persist` of the engine, the safety record, ledger snapshots,
// payloads. Every record is sealed like the daemon's, so that damage is found before a value is used; a record that the
// power cut off at the very end is what a crash leaves and is dropped. Reads back what a restart needs.

import type { AckRecord, PersistEffect, RecoveredState } from "@selvedge/consensus";
import { acksDueAfter, decodeConsensusState, newestBlocksOf } from "@selvedge/consensus";
import {
  type Ack,
  type CommitVote,
  type Digest,
  type Round,
  type SealedCommit,
  type SignedUpdate,
  type UpdateDigest,
  type ValidatorIndex,
  type VerifiedBlock,
  type WireValue,
  decode,
  decodeCommit,
  decodeSignedUpdate,
  digestFromBytes,
  digestOf,
  digestToBytes,
  encode,
  restoreBlock,
  round as roundOf,
  score as scoreOf,
  sealRecord,
  unsealRecord,
  validatorIndex,
  wireInteger,
} from "@selvedge/integrity";
import { sha256 } from "./modelled-crypto.ts";
import { type DiskRecord, SAFETY_KEY, type SimDisk, SimDiskError } from "./sim-disk.ts";

const BATCH = "batch/";
const SNAPSHOT = "snapshot";
const EQUIVOCATORS = "equivocators";
export const PAYLOAD = "payload/";
const LENGTH_BYTES = 4;
/** About what stands beside a block in a stored batch. */
const OVERHEAD_BYTES = 40;

export interface StoredCommitInput {
  readonly sealed: SealedCommit;
  readonly consensusStateDigest: Digest;
}

export interface StoredChain {
  readonly recovered: RecoveredState;
  readonly commits: readonly StoredCommitInput[];
  readonly blocks: ReadonlyMap<string, VerifiedBlock>;
  readonly snapshot: Uint8Array | undefined;
  readonly batchCount: number;
}

export function batchRecord(effect: PersistEffect, number: number): DiskRecord {
  const { blocks, commits, acked, unseen, acksDue = [] } = effect;
  const [block] = blocks;
  const isBlockAlone = blocks.length === 1 && commits.length + acked.length + unseen.length + acksDue.length === 0;
  if (block === undefined || !isBlockAlone) return new BatchRecord(effect, number);
  return new BlockRecord(block, number, flagsOf(effect));
}

type Batch = Pick<PersistEffect, "blocks" | "commits" | "acked" | "unseen" | "acksDue">;

/** What a batch says besides what it holds. */
const FORGOTTEN = 1;
const RECOVERING = 2;
/** The last block is one that we made. */
const SIGNED = 4;

function flagsOf({ hasForgotten, isRecovering, signed }: PersistEffect): number {
  return (
    (hasForgotten === true ? FORGOTTEN : 0) | (isRecovering === true ? RECOVERING : 0) | (signed === null ? 0 : SIGNED)
  );
}

/** There is one for nearly every block that a node takes in, and it is kept: it must not keep the effect alive too. */
class BlockRecord implements DiskRecord {
  readonly sizeBytes: number;
  readonly #block: VerifiedBlock;
  readonly #number: number;
  readonly #flags: number;

  constructor(block: VerifiedBlock, number: number, flags: number) {
    this.#block = block;
    this.#number = number;
    this.#flags = flags;
    this.sizeBytes = OVERHEAD_BYTES + block.bytes.length + OVERHEAD_BYTES + LENGTH_BYTES;
  }

  get key(): string {
    return batchKey(this.#number);
  }

  bytes(): Uint8Array {
    return framed(this.key, encode(batchWire({ blocks: [this.#block], ...NOTHING_ELSE }, this.#flags)));
  }
}

/** Hardly any is ever read: name and bytes are made when asked for. */
class BatchRecord implements DiskRecord {
  readonly sizeBytes: number;
  readonly #effect: PersistEffect;
  readonly #number: number;

  constructor(effect: PersistEffect, number: number) {
    this.#effect = effect;
    this.#number = number;
    let sizeBytes = OVERHEAD_BYTES;
    for (const { bytes } of effect.blocks) sizeBytes += bytes.length + OVERHEAD_BYTES;
    for (const { sealed } of effect.commits) sizeBytes += sealed.bytes.length + OVERHEAD_BYTES;
    this.sizeBytes = sizeBytes + LENGTH_BYTES;
  }

  get key(): string {
    return batchKey(this.#number);
  }

  bytes(): Uint8Array {
    return framed(this.key, encode(batchWire(this.#effect, flagsOf(this.#effect))));
  }
}

const NOTHING_ELSE = { commits: [], acked: [], unseen: [] } as const;

function batchKey(number: number): string {
  return `${BATCH}${String(number).padStart(10, "0")}`;
}

export function safetyRecord(signed: { readonly round: Round }): DiskRecord {
  return lazyRecord(SAFETY_KEY, OVERHEAD_BYTES, () => encode([signed.round]));
}

export function snapshotRecord(snapshot: Uint8Array): DiskRecord {
  return lazyRecord(SNAPSHOT, snapshot.length + OVERHEAD_BYTES, () => encode([snapshot]));
}

export function equivocatorsRecord(authors: readonly ValidatorIndex[]): DiskRecord {
  return lazyRecord(EQUIVOCATORS, OVERHEAD_BYTES, () => encode([...authors]));
}

export function payloadRecord(root: string, payload: Uint8Array): DiskRecord {
  return lazyRecord(`${PAYLOAD}${root}`, payload.length + OVERHEAD_BYTES, () => encode([payload]));
}

export function readPayload(disk: SimDisk, root: string): Uint8Array | undefined {
  const value = readValue(disk, `${PAYLOAD}${root}`, false);
  return value === undefined ? undefined : bytesAt(value, 0);
}

/**
 * What a process finds at its start; undefined on a disk that holds nothing yet. As the daemon does, the safety record is
 * brought up to the store's newest own block first: the two may then be lost one after the other, not by and by together.
 */
export function openChain(disk: SimDisk, own: ValidatorIndex): StoredChain | undefined {
  const stored = readChain(disk, own);
  if (stored === undefined) return undefined;
  const { newestOwnBlock, lastSignedRound, hasForgotten, isSignedUnknown } = stored.recovered;
  // After an amnesia the newest one may be what others gave back.
  if (newestOwnBlock === null || hasForgotten === true || isSignedUnknown === true) return stored;
  if ((lastSignedRound ?? 0) < newestOwnBlock.ref.round)
    disk.write({ records: [safetyRecord(newestOwnBlock.ref)], sync: true });
  return stored;
}

/** Undefined on a disk that holds nothing yet. Throws SimDiskError on damage. */
function readChain(disk: SimDisk, own: ValidatorIndex): StoredChain | undefined {
  const records = disk.all(BATCH).toSorted((left, right) => (left.key < right.key ? -1 : 1));
  const isStartedAnew = disk.read(SAFETY_KEY)?.length === 0;
  const safety = isStartedAnew ? undefined : readValue(disk, SAFETY_KEY, false);
  if (records.length === 0 && safety === undefined && !isStartedAnew) return undefined;
  const batches = records.map((record, position) =>
    unframed(record.key, record.bytes(), position === records.length - 1),
  );
  const parts = batches.flatMap((batch) => (batch === undefined ? [] : [readBatch(batch)]));
  const blocks = parts.flatMap((part) => part.blocks);
  const commits = parts.flatMap((part) => part.commits);
  const last = commits.at(-1);
  const gcRound = last === undefined ? 0 : gcRoundOf(last.consensusState);
  const snapshot = readValue(disk, SNAPSHOT, true);
  const recovered: RecoveredState = {
    lastCommit: last ?? null,
    blocks: blocks.filter(({ ref }) => ref.round > gcRound),
    newestBlocks: newestBlocksOf(blocks),
    newestOwnBlock: newestMade(parts, own),
    lastSignedRound: safety === undefined ? null : roundOf(countAt(safety, 0)),
    acked: parts.flatMap((part) => part.acked),
    acksDue: acksDueAfter(parts),
    recentCommits: commits.map(({ sealed }): CommitVote => ({ index: sealed.commit.index, digest: sealed.digest })),
    unseen: parts.flatMap((part) => part.unseen),
    isSignedUnknown: isStartedAnew,
    hasForgotten: parts.some(({ flags }) => (flags & FORGOTTEN) !== 0),
    isRecovering: isRecoveringIn(parts),
    equivocators: (readValue(disk, EQUIVOCATORS, true) ?? []).map((author) => validatorIndex(Number(author))),
  };
  return {
    recovered,
    commits: commits.map(({ sealed, consensusState }) => ({
      sealed,
      consensusStateDigest: digestOf(sha256, "consensus-state", consensusState),
    })),
    blocks: new Map(blocks.map((block) => [block.ref.digest, block])),
    snapshot: snapshot === undefined ? undefined : bytesAt(snapshot, 0),
    // A torn last record is written over.
    batchCount: parts.length,
  };
}

interface StoredBatch {
  readonly blocks: readonly VerifiedBlock[];
  readonly commits: readonly { readonly sealed: SealedCommit; readonly consensusState: Uint8Array }[];
  readonly acked: readonly AckRecord[];
  readonly flags: number;
  readonly unseen: readonly SignedUpdate[];
  readonly acksDue: readonly Ack[];
}

function isRecoveringIn(parts: readonly StoredBatch[]): boolean {
  const telling = parts.findLast(({ flags }) => (flags & (RECOVERING | SIGNED)) !== 0);
  return telling !== undefined && (telling.flags & RECOVERING) !== 0;
}

/** The last block that was signed here: others may have given back newer ones. */
function newestMade(parts: readonly StoredBatch[], own: ValidatorIndex): VerifiedBlock | null {
  const made = parts.findLast(({ flags }) => (flags & SIGNED) !== 0);
  return made?.blocks.findLast(({ ref }) => ref.author === own) ?? null;
}

function batchWire({ blocks, commits, acked, unseen, acksDue = [] }: Batch, flags: number): WireValue {
  return [
    blocks.map(({ bytes }) => bytes),
    commits.map(({ sealed, consensusState }) => [sealed.bytes, consensusState]),
    acked.map(({ key, update }) => [key, digestToBytes(update)]),
    flags,
    unseen.map(({ bytes }) => bytes),
    acksDue.map(({ update, score }) => [digestToBytes(update), score === null ? null : wireInteger(score)]),
  ];
}

function readBatch(value: readonly unknown[]): StoredBatch {
  return {
    blocks: listAt(value, 0).map((bytes) => mustDecode(restoreBlock(asBytes(bytes), sha256))),
    commits: listAt(value, 1).map((entry) => {
      const fields = asList(entry);
      return { sealed: mustDecode(decodeCommit(bytesAt(fields, 0), sha256)), consensusState: bytesAt(fields, 1) };
    }),
    acked: listAt(value, 2).map((entry) => {
      const fields = asList(entry);
      return { key: String(fields[0]), update: digestFromBytes<UpdateDigest>(bytesAt(fields, 1)) };
    }),
    flags: Number(value[3]),
    unseen: listAt(value, 4).map((bytes) => mustDecode(decodeSignedUpdate(asBytes(bytes), sha256))),
    acksDue: listAt(value, 5).map((entry) => {
      const fields = asList(entry);
      const score = fields[1] === null ? null : scoreOf(Number(fields[1]));
      return { update: digestFromBytes<UpdateDigest>(bytesAt(fields, 0)), score };
    }),
  };
}

function gcRoundOf(consensusState: Uint8Array): number {
  return mustDecode(decodeConsensusState(consensusState)).gcRound;
}

function lazyRecord(key: string, sizeBytes: number, value: () => Uint8Array): DiskRecord {
  return { key, sizeBytes: sizeBytes + LENGTH_BYTES, bytes: () => framed(key, value()) };
}

/** Length, seal, value: a record shorter than its length was cut off. */
function framed(key: string, value: Uint8Array): Uint8Array {
  const sealed = sealRecord(sha256, { space: "meta", key }, value);
  const record = new Uint8Array(LENGTH_BYTES + sealed.length);
  new DataView(record.buffer).setUint32(0, sealed.length);
  record.set(sealed, LENGTH_BYTES);
  return record;
}

function readValue(disk: SimDisk, key: string, mayBeTorn: boolean): readonly unknown[] | undefined {
  const record = disk.read(key);
  return record === undefined ? undefined : unframed(key, record, mayBeTorn);
}

function unframed(key: string, record: Uint8Array, mayBeTorn: boolean): readonly unknown[] | undefined {
  const isWhole = record.length >= LENGTH_BYTES && record.length === LENGTH_BYTES + lengthOf(record);
  if (!isWhole && mayBeTorn && record.length < LENGTH_BYTES + Math.max(lengthOf(record), 1)) return undefined;
  const value = isWhole ? unsealRecord(sha256, { space: "meta", key }, record.subarray(LENGTH_BYTES)) : undefined;
  if (value === undefined || !value.ok) throw damaged(`the record ${key} is damaged`);
  return asList(mustDecode(decode(value.value, { bytesMax: value.value.length, itemsMax: value.value.length })));
}

function lengthOf(record: Uint8Array): number {
  if (record.length < LENGTH_BYTES) return 0;
  return new DataView(record.buffer, record.byteOffset, record.byteLength).getUint32(0);
}

function mustDecode<Value>(
  result:
    | { readonly ok: true; readonly value: Value }
    | { readonly ok: false; readonly error: { readonly detail: string } },
): Value {
  if (result.ok) return result.value;
  throw damaged(result.error.detail);
}

function damaged(what: string): SimDiskError {
  return new SimDiskError("SIM_DISK_CORRUPT", what);
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw damaged("a record has an unknown form");
}

function listAt(value: readonly unknown[], position: number): readonly unknown[] {
  return asList(value[position]);
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw damaged("a record has an unknown form");
}

function bytesAt(value: readonly unknown[], position: number): Uint8Array {
  return asBytes(value[position]);
}

function countAt(value: readonly unknown[], position: number): number {
  const count = Number(value[position]);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw damaged("a record has an unknown form");
}
