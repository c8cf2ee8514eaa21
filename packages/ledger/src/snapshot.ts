// The whole state as canonical bytes: what the host stores every now and then, so that a restart replays few commits.
// Reading checks form only; snapshot-restore.ts makes state of it.

import {
  type ChainId,
  type DeviceId,
  type Digest,
  FieldReader,
  type Frontier,
  type ModelId,
  type Rejection,
  type Result,
  SCORE_MAX,
  type Score,
  type Sha256,
  type UpdateDigest,
  type ValidatorIndex,
  type WireValue,
  commitIndex,
  decode,
  digestFromBytes,
  digestOf,
  digestToBytes,
  encode,
  err,
  isModelId,
  modelId,
  ok,
  rejection,
  score,
  validatorIndex,
  versionNumber,
  wireInteger,
} from "@selvedge/integrity";
import { type AccountSnapshot, reservedWire } from "./module/account.ts";
import { encodeCommittee } from "./module/committee-snapshot.ts";
import type { CommitteeSnapshot, CommitteeState } from "./module/committee-state.ts";
import { type EarlyAck, earlyAckWire } from "./module/early-acks.ts";
import { type FinishedSnapshot, type UpdateOutcome, outcomeWire } from "./module/finished-updates.ts";
import type { LogSnapshot, TransactionLog } from "./module/log.ts";
import type { Model } from "./module/model.ts";
import { type PendingSnapshot, ackWire } from "./module/pending-update.ts";
import type { UpdateBook } from "./module/update.ts";
import type { Position } from "./restored-state.ts";

export interface SnapshotView {
  readonly chainId: ChainId;
  readonly position: Position;
  readonly stateRoot: Digest;
  readonly models: ReadonlyMap<ModelId, Model>;
  readonly book: UpdateBook;
  readonly log: TransactionLog;
  readonly committee: CommitteeState;
}

/** 2: with the committee. 3: frontiers of the log and of the finished updates are from before what is remembered of them. */
const FORMAT = 3;
const FIELD_COUNT = 15;
const DIGEST_BYTES = 32;
const MANY: number = Number.MAX_SAFE_INTEGER;
const CODE_MAX_BYTES = 64;

/** [digest, content]: a part of the content is beyond what the state root could show to be damaged. */
export function encodeSnapshot(view: SnapshotView, sha256: Sha256): Uint8Array {
  const content = encode(contentWire(view));
  return encode([digestToBytes(digestOf(sha256, "ledger", content)), content]);
}

function contentWire({ chainId, position, stateRoot, models, book, log, committee }: SnapshotView): WireValue {
  const logged = log.snapshot();
  const finished = book.finished.snapshot();
  return [
    FORMAT,
    digestToBytes(chainId),
    wireInteger(position.index),
    digestToBytes(position.commitDigest),
    digestToBytes(position.consensusStateDigest),
    digestToBytes(stateRoot),
    encodeCommittee(committee.snapshot()),
    // Version 0 follows from the genesis.
    [...models.values()].map(({ id, lineage }) => [id, lineage.sealedFrom(1)]),
    book.accounts.map((account) => accountWire(account.snapshot())),
    book.pending.map((pending) => pendingSnapshotWire(pending.snapshot())),
    book.authors.map((author) => book.early.of(author).map(earlyAckWire)),
    frontierWire(finished.frontier),
    finished.recent.map(outcomeWire),
    frontierWire(logged.frontier),
    joined(logged.recent),
  ];
}

function accountWire({ deviceId, modelId: model, lastClosed, closedAbove, reserved }: AccountSnapshot): WireValue {
  return [
    digestToBytes(deviceId),
    model,
    wireInteger(lastClosed),
    closedAbove.map(wireInteger),
    reserved.map(reservedWire),
  ];
}

function pendingSnapshotWire({ update, firstOutput, certifiedAt, score: value, acks }: PendingSnapshot): WireValue {
  return [
    update.bytes,
    wireInteger(firstOutput),
    certifiedAt === null ? null : wireInteger(certifiedAt),
    value === null ? null : wireInteger(value),
    acks.map(ackWire),
  ];
}

function frontierWire({ size, peaks }: Frontier): WireValue {
  return [wireInteger(size), peaks];
}

function joined(digests: readonly Digest[]): Uint8Array {
  const bytes = new Uint8Array(digests.length * DIGEST_BYTES);
  digests.forEach((digest, index) => bytes.set(digestToBytes(digest), index * DIGEST_BYTES));
  return bytes;
}

/** What was read, before anything is built from it. */
export interface DecodedSnapshot {
  readonly position: Position;
  readonly chainId: ChainId;
  readonly stateRoot: Digest;
  readonly committee: CommitteeSnapshot;
  readonly models: readonly { readonly id: string; readonly records: readonly Uint8Array[] }[];
  readonly accounts: readonly AccountSnapshot[];
  readonly pending: readonly DecodedPending[];
  readonly early: readonly (readonly EarlyAck[])[];
  readonly finished: FinishedSnapshot;
  readonly log: LogSnapshot;
}

export type DecodedPending = Omit<PendingSnapshot, "update"> & { readonly updateBytes: Uint8Array };

/** What a snapshot is read for. */
export interface SnapshotReader {
  readonly sha256: Sha256;
  readonly readCommittee: (bytes: Uint8Array) => Result<CommitteeSnapshot, Rejection>;
}

/** Digest, types, ranges and lengths only. */
export function decodeSnapshot(
  bytes: Uint8Array,
  { sha256, readCommittee }: SnapshotReader,
): Result<DecodedSnapshot, Rejection> {
  const content = readContent(bytes, sha256);
  if (!content.ok) return content;
  const value = decode(content.value, { bytesMax: MANY, itemsMax: MANY });
  if (!value.ok) return err(rejection("SNAPSHOT_MALFORMED", value.error.detail));
  const fields = FieldReader.open(value.value, { name: "ledger snapshot", fieldCount: FIELD_COUNT });
  const head = readHead(fields);
  const committee = readCommittee(fields.bytesUpTo("committee", MANY));
  if (!fields.isSound || !committee.ok) {
    const fault = committee.ok ? "does not begin as one" : committee.error.detail;
    return err(rejection("SNAPSHOT_MALFORMED", `ledger snapshot: ${fault}`));
  }
  const read = { ...head, committee: committee.value, ...readUpdates(fields, votersOf(committee.value)) };
  const snapshot = fields.finish(() => read);
  return snapshot.ok ? snapshot : err(rejection("SNAPSHOT_MALFORMED", snapshot.error.detail));
}

function readContent(bytes: Uint8Array, sha256: Sha256): Result<Uint8Array, Rejection> {
  const value = decode(bytes, { bytesMax: MANY });
  if (!value.ok) return err(rejection("SNAPSHOT_MALFORMED", value.error.detail));
  const fields = FieldReader.open(value.value, { name: "ledger snapshot", fieldCount: 2 });
  const digest = fields.digest("digest");
  const content = fields.bytesUpTo("content", MANY);
  if (!fields.isSound) return err(rejection("SNAPSHOT_MALFORMED", "a snapshot is a digest and its content"));
  return digestOf(sha256, "ledger", content) === digest
    ? ok(content)
    : err(rejection("SNAPSHOT_DAMAGED", "the content does not have the digest that stands before it"));
}

/** Whose acks count after the snapshot's commit: the next epoch's, if that commit closed one. */
function votersOf({ start, next }: CommitteeSnapshot): number {
  return (next ?? start).members.length;
}

function readHead(fields: FieldReader): Pick<DecodedSnapshot, "chainId" | "position" | "stateRoot"> {
  fields.integer("format", { min: FORMAT, max: FORMAT });
  return {
    chainId: fields.digest("chainId"),
    position: {
      index: commitIndex(fields.count("index")),
      commitDigest: fields.digest("commitDigest"),
      consensusStateDigest: fields.digest("consensusStateDigest"),
    },
    stateRoot: fields.digest("stateRoot"),
  };
}

function readUpdates(
  fields: FieldReader,
  authors: number,
): Omit<DecodedSnapshot, "chainId" | "position" | "stateRoot" | "committee"> {
  return {
    models: fields.records({ name: "models", fieldCount: 2, entriesMax: MANY }, (model) => ({
      id: model.text("id", CODE_MAX_BYTES),
      records: model.bytesList("records", { entriesMax: MANY, size: { min: 0, max: MANY } }),
    })),
    accounts: fields.records({ name: "accounts", fieldCount: 5, entriesMax: MANY }, readAccount),
    pending: fields.records({ name: "pending", fieldCount: 5, entriesMax: MANY }, (pending) =>
      readPending(pending, authors),
    ),
    early: fields.record({ name: "early acks", fieldCount: authors }, (lists) =>
      Array.from({ length: authors }, () =>
        lists.records({ name: "early acks of an author", fieldCount: 3, entriesMax: MANY }, readEarlyAck),
      ),
    ),
    finished: {
      frontier: readFrontier(fields),
      recent: fields.records({ name: "finished", fieldCount: 4, entriesMax: MANY }, readOutcome),
    },
    log: { frontier: readFrontier(fields), recent: readJoined(fields) },
  };
}

function readAccount(fields: FieldReader): AccountSnapshot {
  return {
    deviceId: fields.digest<DeviceId>("deviceId"),
    modelId: readId(fields),
    lastClosed: fields.count("lastClosed"),
    closedAbove: fields.integerList("closedAbove", { entriesMax: MANY, range: { min: 1, max: MANY } }),
    reserved: fields.records({ name: "reserved", fieldCount: 2, entriesMax: MANY }, (entry) => [
      entry.integer("sequence", { min: 1, max: MANY }),
      entry.digest<UpdateDigest>("update"),
    ]),
  };
}

function readPending(fields: FieldReader, authors: number): DecodedPending {
  return {
    updateBytes: fields.bytesUpTo("update", MANY),
    firstOutput: fields.count("firstOutput"),
    certifiedAt: fields.integerOrNull("certifiedAt", { min: 0, max: MANY }),
    score: readScore(fields),
    acks: fields.records({ name: "acks", fieldCount: 2, entriesMax: authors }, (ack) => [
      readAuthor(ack, authors),
      readScore(ack),
    ]),
  };
}

function readAuthor(fields: FieldReader, authors: number): ValidatorIndex {
  return validatorIndex(fields.count("author", authors - 1));
}

function readEarlyAck(fields: FieldReader): EarlyAck {
  return { update: fields.digest<UpdateDigest>("update"), score: readScore(fields), at: fields.count("at") };
}

function readScore(fields: FieldReader): Score | null {
  const value = fields.integerOrNull("score", { min: -SCORE_MAX, max: SCORE_MAX });
  return value === null ? null : score(value);
}

function readOutcome(fields: FieldReader): readonly [UpdateDigest, UpdateOutcome] {
  const update = fields.digest<UpdateDigest>("update");
  const id = fields.textOrNull("modelId", CODE_MAX_BYTES);
  const version = fields.integerOrNull("version", { min: 0, max: MANY });
  const code = fields.textOrNull("code", CODE_MAX_BYTES);
  if (id === null || version === null || !isModelId(id)) return [update, { type: "dropped", code: code ?? "" }];
  return [update, { type: "applied", modelId: modelId(id), version: versionNumber(version) }];
}

function readFrontier(fields: FieldReader): Frontier {
  return fields.record({ name: "frontier", fieldCount: 2 }, (frontier) => ({
    size: frontier.count("size"),
    peaks: frontier.bytesList("peaks", { entriesMax: 64, size: { min: DIGEST_BYTES, max: DIGEST_BYTES } }),
  }));
}

function readJoined(fields: FieldReader): readonly Digest[] {
  const bytes = fields.bytesUpTo("recent", MANY);
  if (bytes.length % DIGEST_BYTES !== 0) fields.fail("FIELD_OUT_OF_RANGE", "recent: not whole digests");
  const digests: Digest[] = [];
  for (let offset = 0; offset + DIGEST_BYTES <= bytes.length; offset += DIGEST_BYTES) {
    digests.push(digestFromBytes(bytes.subarray(offset, offset + DIGEST_BYTES)));
  }
  return digests;
}

function readId(fields: FieldReader): ModelId {
  const text = fields.text("modelId", CODE_MAX_BYTES);
  if (isModelId(text)) return modelId(text);
  fields.fail("FIELD_OUT_OF_RANGE", "modelId: not a model's slug");
  return modelId("none");
}
