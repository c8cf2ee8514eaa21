// Walks a model's lineage from version 0, or from where an earlier walk stopped, and names the first thing that does not
// hold: a record, a link, a chunk, a signature, or weights that replaying the updates does not give. Reads through a
// port, aggregates through a callback, reports by yielding; decides nothing about what to do then.

import { decodeSignedUpdate, verifyUpdate } from "../codec/update-codec.ts";
import { decodeVersionRecord } from "../codec/version-record-codec.ts";
import type { Crypto } from "../crypto/port.ts";
import type { Digest, UpdateDigest, VersionDigest } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import type { ModelId } from "../ids.ts";
import { PayloadAssembler } from "../payload/payload-assembler.ts";
import { type PayloadManifest, payloadRoot, verifyManifest } from "../payload/payload-manifest.ts";
import { type Result, err, ok } from "../result.ts";
import type { SignedUpdate } from "../update.ts";
import type { SealedVersionRecord, VersionRecord } from "../version-record.ts";
import { type LineageHead, headOf, linkFault } from "./lineage.ts";

/** Where the audited bytes come from. Undefined says "not there"; nothing that it gives is believed. */
export interface AuditSource {
  readonly record: (version: number) => Promise<Uint8Array | undefined>;
  /** Signed header of an update that a record names. */
  readonly update: (digest: UpdateDigest) => Promise<Uint8Array | undefined>;
  readonly manifest: (root: Digest) => Promise<PayloadManifest | undefined>;
  readonly chunk: (manifest: PayloadManifest, index: number) => Promise<Uint8Array | undefined>;
}

export interface ReplayedUpdate {
  readonly update: SignedUpdate;
  readonly payload: Uint8Array;
}

export interface ReplayJob {
  readonly record: VersionRecord;
  /** Canonical weights file of the version before. */
  readonly previousWeights: Uint8Array;
  /** In the order of the record. */
  readonly updates: readonly ReplayedUpdate[];
}

/** Aggregates anew: the canonical weights file that the version should have. */
export type Replay = (job: ReplayJob) => Promise<Result<Uint8Array, Rejection>>;

/** A link that was found good: what an interrupted audit goes on from. */
export type AuditCursor = LineageHead & { readonly weightsRoot: Digest; readonly weightsBytes: number };

export interface AuditOptions {
  readonly modelId: ModelId;
  readonly crypto: Crypto;
  readonly chunkBytes: number;
  readonly source: AuditSource;
  readonly replay: Replay;
  /** The record that must be the last, taken from something trusted: a checkpoint's state, or the running ledger. */
  readonly target: { readonly version: number; readonly digest: VersionDigest };
  /** Null to begin with version 0. */
  readonly resumeFrom: AuditCursor | null;
  readonly signal: AbortFlag | null;
}

/** What an abort is read from, typed without a platform. */
export interface AbortFlag {
  readonly aborted: boolean;
}

export interface AuditFinding extends Rejection {
  readonly version: number;
  /** The first broken thing: "version 7 record", "version 7 weights chunk 3", "version 7 update <digest> signature". */
  readonly subject: string;
}

export type AuditStep =
  | { readonly type: "progress"; readonly cursor: AuditCursor; readonly version: number; readonly versionMax: number }
  | { readonly type: "finding"; readonly finding: AuditFinding }
  | { readonly type: "done"; readonly cursor: AuditCursor }
  | { readonly type: "stopped"; readonly cursor: AuditCursor | null };

/** One `progress` for each version that holds, then one of the other three. */
export async function* auditLineage(options: AuditOptions): AsyncGenerator<AuditStep, void, undefined> {
  const { target } = options;
  let cursor = options.resumeFrom;
  for (let version = (cursor?.version ?? -1) + 1; version <= target.version; version += 1) {
    if (options.signal?.aborted === true) {
      yield { type: "stopped", cursor };
      return;
    }
    const audited = await auditVersion(options, cursor, version);
    if (!audited.ok) {
      yield { type: "finding", finding: audited.error };
      return;
    }
    cursor = audited.value;
    yield { type: "progress", cursor, version, versionMax: target.version };
  }
  yield conclude(options, cursor);
}

function conclude({ target }: AuditOptions, cursor: AuditCursor | null): AuditStep {
  if (cursor !== null && cursor.version === target.version && cursor.digest === target.digest) {
    return { type: "done", cursor };
  }
  const fault = rejection("AUDIT_HEAD", `the lineage does not end in ${target.digest}`);
  return { type: "finding", finding: found(target.version, "record", fault) };
}

async function auditVersion(
  options: AuditOptions,
  cursor: AuditCursor | null,
  version: number,
): Promise<Result<AuditCursor, AuditFinding>> {
  const sealed = await auditRecord(options, cursor, version);
  if (!sealed.ok) return sealed;
  const { record } = sealed.value;
  const weights = await auditPayload(options, {
    version,
    name: "weights",
    root: record.weightsRoot,
    sizeBytes: record.weightsBytes,
  });
  if (!weights.ok) return weights;
  if (cursor !== null) {
    const replayed = await auditReplay(options, cursor, record);
    if (!replayed.ok) return replayed;
  }
  return ok({ ...headOf(sealed.value), weightsRoot: record.weightsRoot, weightsBytes: record.weightsBytes });
}

async function auditRecord(
  { source, crypto, modelId }: AuditOptions,
  cursor: AuditCursor | null,
  version: number,
): Promise<Result<SealedVersionRecord, AuditFinding>> {
  const bytes = await source.record(version);
  if (bytes === undefined) return err(found(version, "record", rejection("AUDIT_RECORD_MISSING", "not there")));
  const sealed = decodeVersionRecord(bytes, crypto.sha256);
  if (!sealed.ok) return err(found(version, "record", rejection("AUDIT_RECORD_DAMAGED", sealed.error.detail)));
  const { record } = sealed.value;
  const fault =
    record.modelId === modelId
      ? linkFault(cursor ?? undefined, record)
      : rejection("LINEAGE_MODEL", `a record of ${record.modelId} in the lineage of ${modelId}`);
  return fault === undefined ? sealed : err(found(version, "record", fault));
}

interface PayloadName {
  readonly version: number;
  readonly name: string;
  readonly root: Digest;
  readonly sizeBytes: number;
}

/** Every chunk against the manifest, the manifest against the root; gives the whole bytes. */
async function auditPayload(options: AuditOptions, payload: PayloadName): Promise<Result<Uint8Array, AuditFinding>> {
  const { version, name } = payload;
  const { source, crypto } = options;
  const manifest = await source.manifest(payload.root);
  if (manifest === undefined) {
    return err(found(version, `${name} manifest`, rejection("AUDIT_MANIFEST_MISSING", "not there")));
  }
  const verified = verifyManifest(crypto.sha256, manifest);
  const isNamed =
    manifest.root === payload.root &&
    manifest.sizeBytes === payload.sizeBytes &&
    manifest.chunkBytes === options.chunkBytes;
  if (!verified.ok || !isNamed) {
    const detail = verified.ok ? "not that of the payload" : verified.error.detail;
    return err(found(version, `${name} manifest`, rejection("AUDIT_MANIFEST_DAMAGED", detail)));
  }
  const assembler = new PayloadAssembler(crypto.sha256, verified.value);
  for (let index = 0; index < manifest.chunkHashes.length; index += 1) {
    const bytes = await source.chunk(manifest, index);
    const fault = chunkFault(assembler, index, bytes);
    if (fault !== undefined) return err(found(version, `${name} chunk ${index}`, fault));
  }
  return ok(assembler.assemble());
}

function chunkFault(assembler: PayloadAssembler, index: number, bytes: Uint8Array | undefined): Rejection | undefined {
  if (bytes === undefined) return rejection("AUDIT_CHUNK_MISSING", "not there");
  const accepted = assembler.accept({ index, bytes });
  return accepted.ok ? undefined : rejection("AUDIT_CHUNK_DAMAGED", accepted.error.detail);
}

/** weights(v) = weights(v−1) + aggregate(updates), bit for bit. */
async function auditReplay(
  options: AuditOptions,
  cursor: AuditCursor,
  record: VersionRecord,
): Promise<Result<true, AuditFinding>> {
  const { version } = record;
  const previous = await auditPayload(options, {
    version: cursor.version,
    name: "weights",
    root: cursor.weightsRoot,
    sizeBytes: cursor.weightsBytes,
  });
  if (!previous.ok) return previous;
  const updates = await auditUpdates(options, record);
  if (!updates.ok) return updates;
  const replayed = await options.replay({ record, previousWeights: previous.value, updates: updates.value });
  if (!replayed.ok) {
    return err(found(version, "replay", rejection("AUDIT_REPLAY_REFUSED", replayed.error.detail)));
  }
  const root = payloadRoot(options.crypto.sha256, replayed.value, options.chunkBytes);
  if (root === record.weightsRoot) return ok(true);
  return err(found(version, "replay", rejection("AUDIT_REPLAY_DIFFERS", `replaying the updates gives ${root}`)));
}

async function auditUpdates(
  options: AuditOptions,
  record: VersionRecord,
): Promise<Result<readonly ReplayedUpdate[], AuditFinding>> {
  const updates: ReplayedUpdate[] = [];
  for (const { update: digest } of record.updates) {
    const update = await auditUpdate(options, record, digest);
    if (!update.ok) return update;
    const { payloadRoot: root, payloadBytes: sizeBytes } = update.value.header;
    const payload = await auditPayload(options, { version: record.version, name: `update ${digest}`, root, sizeBytes });
    if (!payload.ok) return payload;
    updates.push({ update: update.value, payload: payload.value });
  }
  return ok(updates);
}

async function auditUpdate(
  { source, crypto }: AuditOptions,
  { version, modelId }: VersionRecord,
  digest: UpdateDigest,
): Promise<Result<SignedUpdate, AuditFinding>> {
  const bytes = await source.update(digest);
  if (bytes === undefined) {
    return err(found(version, `update ${digest}`, rejection("AUDIT_UPDATE_MISSING", "not there")));
  }
  const update = decodeSignedUpdate(bytes, crypto.sha256);
  if (!update.ok) {
    return err(found(version, `update ${digest}`, rejection("AUDIT_UPDATE_DAMAGED", update.error.detail)));
  }
  if (update.value.digest !== digest || update.value.header.modelId !== modelId) {
    return err(found(version, `update ${digest}`, rejection("AUDIT_UPDATE_DAMAGED", "another update")));
  }
  const signed = verifyUpdate(update.value, crypto);
  if (signed.ok) return signed;
  return err(found(version, `update ${digest} signature`, rejection("AUDIT_SIGNATURE", signed.error.detail)));
}

function found(version: number, thing: string, { code, detail }: Rejection): AuditFinding {
  return { code, detail, version, subject: `version ${version} ${thing}` };
}
