// How a device that knows no more than an epoch's start follows the committee (docs/protocol.md §11): the leaf "epoch"
// under the state root of the commit that closed it names the next start, and a checkpoint certificate of the old
// committee vouches for that root. Untrusted input never throws.

import {
  type ChainId,
  type CheckpointCertificate,
  type CheckpointStatement,
  type Crypto,
  type Digest,
  type EpochStart,
  FieldReader,
  type Rejection,
  type Result,
  type Sha256,
  committeeOfEpoch,
  decode,
  decodeEpochStart,
  digestOf,
  digestToBytes,
  encodeEpochStart,
  epochStartDigest,
  err,
  leafHash,
  ok,
  rejection,
  verifyCheckpoint,
  verifyInclusion,
} from "@selvedge/integrity";
import type { CommitteeState } from "./module/committee-state.ts";
import type { LeafProof } from "./state-proof.ts";
import type { StateTree } from "./state-tree.ts";

export interface EpochProof {
  /** Canonical bytes of the leaf "epoch" of the state tree. */
  readonly leafBytes: Uint8Array;
  readonly leaf: LeafProof;
  /** Of the next epoch if the leaf names one, otherwise of the present one. */
  readonly startBytes: Uint8Array;
}

/** What the leaf "epoch" says of a state. */
export interface EpochLeaf {
  readonly current: Digest;
  /** Set in the state of the commit that closed the epoch, and in no other. */
  readonly next: Digest | null;
}

export interface ProvenEpoch extends EpochLeaf {
  /** The one whose digest is `next`, or `current` if there is none. */
  readonly start: EpochStart;
}

const EPOCH_KEY = "epoch";
const EPOCH_LEAF_MAX_BYTES = 256;

export function proveEpoch(tree: StateTree, committee: CommitteeState): EpochProof {
  const { bytes, proof } = tree.prove(EPOCH_KEY);
  return { leafBytes: bytes, leaf: proof, startBytes: encodeEpochStart(committee.next ?? committee.start) };
}

/** Needs a trusted state root and SHA-256. */
export function verifyEpochProof(sha256: Sha256, proof: EpochProof, stateRoot: Digest): Result<ProvenEpoch, Rejection> {
  const { leafIndex: index, leafCount: treeSize, path } = proof.leaf;
  const root = digestToBytes(stateRoot);
  const inState = verifyInclusion(sha256, { root, treeSize, index, leafHash: leafHash(sha256, proof.leafBytes), path });
  if (!inState.ok) return err(rejection("PROOF_EPOCH_LEAF", inState.error.detail));
  const leaf = decodeEpochLeaf(proof.leafBytes);
  if (!leaf.ok) return leaf;
  const named = leaf.value.next ?? leaf.value.current;
  // Before anything is decoded: what has the right digest was made by the committee.
  if (digestOf(sha256, "epoch-start", proof.startBytes) !== named) {
    return err(rejection("PROOF_EPOCH_START", "the start is not the one that the state names"));
  }
  const start = decodeEpochStart(proof.startBytes);
  return start.ok ? ok({ ...leaf.value, start: start.value }) : start;
}

export interface EpochStepContext {
  readonly chainId: ChainId;
  readonly crypto: Crypto;
}

/** From an epoch's start that is known to the next one: certificate of the closing commit and proof under its root. */
export function followEpoch(
  known: EpochStart,
  { certificate, proof }: { readonly certificate: CheckpointCertificate; readonly proof: EpochProof },
  { chainId, crypto }: EpochStepContext,
): Result<EpochStart, Rejection> {
  const statement = verifyCheckpoint(certificate, { chainId, crypto, committee: committeeOfEpoch(known) });
  if (!statement.ok) return statement;
  const proven = verifyEpochProof(crypto.sha256, proof, statement.value.stateRoot);
  if (!proven.ok) return proven;
  const { current, next, start } = proven.value;
  if (next === null) return err(rejection("PROOF_EPOCH_OPEN", `the commit does not close epoch ${known.epoch}`));
  if (current !== epochStartDigest(known, crypto.sha256) || !isNext(known, start, statement.value)) {
    return err(rejection("PROOF_EPOCH_OTHER", "the start does not follow the one that is known"));
  }
  return ok(start);
}

function isNext(known: EpochStart, { epoch, base }: EpochStart, statement: CheckpointStatement): boolean {
  return epoch === known.epoch + 1 && base.index === statement.index && base.digest === statement.commitDigest;
}

/** Reads the leaf: [key, current, next or null, governance, markers, key dealings]. */
export function decodeEpochLeaf(bytes: Uint8Array): Result<EpochLeaf, Rejection> {
  const value = decode(bytes, { bytesMax: EPOCH_LEAF_MAX_BYTES });
  if (!value.ok) return value;
  const fields = FieldReader.open(value.value, { name: "epoch leaf", fieldCount: 6 });
  if (fields.text("key", EPOCH_LEAF_MAX_BYTES) !== EPOCH_KEY) fields.fail("FIELD_OUT_OF_RANGE", "key: not the epoch's");
  const leaf = { current: fields.digest("current"), next: fields.digestOrNull("next") };
  fields.digest("governance");
  fields.digest("markers");
  fields.digest("keyDealings");
  return fields.finish(() => leaf);
}
