// Proofs under a state root, as a device gets them: version record → model's tree → state root. Verifying needs the
// state root (from a checkpoint certificate) and SHA-256, nothing else. Untrusted input never throws.

import {
  type Digest,
  FieldReader,
  type ModelId,
  type Rejection,
  type Result,
  type SealedVersionRecord,
  type Sha256,
  type VersionDigest,
  type VersionNumber,
  decode,
  decodeVersionRecord,
  digestToBytes,
  err,
  leafHash,
  ok,
  rejection,
  verifyConsistency,
  verifyInclusion,
  versionNumber,
} from "@selvedge/integrity";

/** RFC 6962 audit path of one leaf. */
export interface LeafProof {
  readonly leafIndex: number;
  readonly leafCount: number;
  /** 32 bytes each, from the leaf up. */
  readonly path: readonly Uint8Array[];
}

export interface VersionProof {
  readonly modelId: ModelId;
  readonly version: VersionNumber;
  /** Canonical bytes of the version record: the leaf of the model's tree. */
  readonly recordBytes: Uint8Array;
  readonly record: LeafProof;
  /** Canonical bytes of the model's leaf of the state tree. */
  readonly modelLeafBytes: Uint8Array;
  readonly modelLeaf: LeafProof;
}

/** That the model's tree of `toCount` records is a continuation of the one of `fromCount`. */
export interface LineageConsistencyProof {
  readonly modelId: ModelId;
  readonly fromCount: number;
  readonly toCount: number;
  readonly path: readonly Uint8Array[];
}

/** What a model's leaf of the state says. */
export interface ModelLeaf {
  readonly modelId: string;
  readonly recordCount: number;
  /** Root of the RFC 6962 tree over the model's version records. */
  readonly recordsRoot: Uint8Array;
  readonly currentVersion: VersionNumber;
  readonly currentDigest: VersionDigest;
  readonly weightsRoot: Digest;
}

export interface ProvenVersion {
  readonly record: SealedVersionRecord;
  /** The state of the model at the state root: tells whether the version is the current one. */
  readonly model: ModelLeaf;
}

const MODEL_LEAF_MAX_BYTES = 512;
const MODEL_KEY_PREFIX = "model/";
const MODEL_KEY_MAX_BYTES = 70;
const HASH_BYTES = 32;

/** The record that the proof shows to be published under the state root, or the first step that does not hold. */
export function verifyVersionProof(
  sha256: Sha256,
  proof: VersionProof,
  stateRoot: Digest,
): Result<ProvenVersion, Rejection> {
  const inState = verifyLeaf(sha256, {
    root: digestToBytes(stateRoot),
    leaf: proof.modelLeafBytes,
    proof: proof.modelLeaf,
  });
  if (!inState.ok) return refuse("PROOF_MODEL_LEAF", inState.error.detail);
  const model = decodeModelLeaf(proof.modelLeafBytes);
  if (!model.ok) return model;
  if (model.value.modelId !== proof.modelId) return refuse("PROOF_MODEL_ID", "the leaf is another model's");
  if (proof.record.leafCount !== model.value.recordCount || proof.record.leafIndex !== proof.version) {
    return refuse("PROOF_VERSION_POSITION", "the record's place is not that of the version");
  }
  const inModel = verifyLeaf(sha256, {
    root: model.value.recordsRoot,
    leaf: proof.recordBytes,
    proof: proof.record,
  });
  if (!inModel.ok) return refuse("PROOF_RECORD", inModel.error.detail);
  const record = decodeVersionRecord(proof.recordBytes, sha256);
  if (!record.ok) return record;
  const { modelId, version } = record.value.record;
  if (modelId !== proof.modelId || version !== proof.version) {
    return refuse("PROOF_RECORD_MISMATCH", "the record is that of another model or version");
  }
  return ok({ record: record.value, model: model.value });
}

/** Was history rewritten between two states of a model whose leaves were proven? */
export function verifyLineageProof(
  sha256: Sha256,
  proof: LineageConsistencyProof,
  leaves: { readonly from: ModelLeaf; readonly to: ModelLeaf },
): Result<true, Rejection> {
  const { from, to } = leaves;
  const isAbout =
    proof.modelId === from.modelId &&
    proof.modelId === to.modelId &&
    proof.fromCount === from.recordCount &&
    proof.toCount === to.recordCount;
  if (!isAbout) return refuse("PROOF_LINEAGE_SUBJECT", "the proof is about other states than the leaves");
  const verdict = verifyConsistency(sha256, {
    oldSize: from.recordCount,
    newSize: to.recordCount,
    oldRoot: from.recordsRoot,
    newRoot: to.recordsRoot,
    path: proof.path,
  });
  return verdict.ok ? verdict : refuse("PROOF_LINEAGE", verdict.error.detail);
}

/** Reads a model's leaf of the state: [key, record count, records root, version, digest, weights root, …]. */
export function decodeModelLeaf(bytes: Uint8Array): Result<ModelLeaf, Rejection> {
  const value = decode(bytes, { bytesMax: MODEL_LEAF_MAX_BYTES });
  if (!value.ok) return value;
  const fields = FieldReader.open(value.value, { name: "model leaf", fieldCount: 8 });
  const key = fields.text("key", MODEL_KEY_MAX_BYTES);
  if (!key.startsWith(MODEL_KEY_PREFIX)) fields.fail("FIELD_OUT_OF_RANGE", "key: not a model's");
  const leaf = {
    modelId: key.slice(MODEL_KEY_PREFIX.length),
    recordCount: fields.count("recordCount"),
    recordsRoot: fields.bytes("recordsRoot", HASH_BYTES),
    currentVersion: versionNumber(fields.count("version")),
    currentDigest: fields.digest<VersionDigest>("digest"),
    weightsRoot: fields.digest("weightsRoot"),
  };
  fields.digest("policyDigest");
  fields.digest("waitingDigest");
  return fields.finish(() => leaf);
}

interface LeafClaim {
  readonly root: Uint8Array;
  readonly leaf: Uint8Array;
  readonly proof: LeafProof;
}

function verifyLeaf(sha256: Sha256, { root, leaf, proof }: LeafClaim): Result<true, Rejection> {
  return verifyInclusion(sha256, {
    root,
    treeSize: proof.leafCount,
    index: proof.leafIndex,
    leafHash: leafHash(sha256, leaf),
    path: proof.path,
  });
}

function refuse(code: string, detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, detail));
}
