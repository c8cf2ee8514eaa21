// One step of the chain's committee as bytes: the checkpoint certificate of the commit that closed an epoch, and the proof
// that its state names the next epoch's start. Stored, served to peers and devices, and believed only after followEpoch.

import {
  type CheckpointCertificate,
  EPOCH_START_MAX_BYTES,
  FieldReader,
  MERKLE_PATH_MAX,
  type Rejection,
  type Result,
  decode,
  decodeCheckpoint,
  encode,
  encodeCheckpoint,
  err,
  ok,
  rejection,
  wireInteger,
} from "@selvedge/integrity";
import type { EpochProof } from "@selvedge/ledger";
import { EPOCH_RECORD_MAX_BYTES } from "../network/limits.ts";

const FORMAT = 1;
const FIELD_COUNT = 7;
const HASH_BYTES = 32;
/** The state's leaf about its epoch has about 200. */
const LEAF_BYTES_MAX = 256;

export interface EpochStep {
  readonly certificate: CheckpointCertificate;
  readonly proof: EpochProof;
}

export function encodeEpochStep({ certificate, proof }: EpochStep): Uint8Array {
  const { leafBytes, leaf, startBytes } = proof;
  return encode([
    FORMAT,
    encodeCheckpoint(certificate),
    startBytes,
    leafBytes,
    wireInteger(leaf.leafIndex),
    wireInteger(leaf.leafCount),
    leaf.path,
  ]);
}

/** Untrusted bytes. */
export function decodeEpochStep(bytes: Uint8Array): Result<EpochStep, Rejection> {
  const wire = decode(bytes, { bytesMax: EPOCH_RECORD_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "epoch record", fieldCount: FIELD_COUNT });
  fields.integer("format", { min: FORMAT, max: FORMAT });
  const certificateBytes = fields.bytesUpTo("certificate", EPOCH_RECORD_MAX_BYTES);
  const startBytes = fields.bytesUpTo("start", EPOCH_START_MAX_BYTES);
  const leafBytes = fields.bytesUpTo("leaf", LEAF_BYTES_MAX);
  const leafIndex = fields.count("leafIndex");
  const leafCount = fields.count("leafCount");
  const path = fields.bytesList("path", { entriesMax: MERKLE_PATH_MAX, size: { min: HASH_BYTES, max: HASH_BYTES } });
  const proof = fields.finish(() => ({ leafBytes, startBytes, leaf: { leafIndex, leafCount, path } }));
  if (!proof.ok) return proof;
  const certificate = decodeCheckpoint(certificateBytes);
  if (!certificate.ok) return err(rejection("CHECKPOINT_MALFORMED", certificate.error.detail));
  return ok({ certificate: certificate.value, proof: proof.value });
}
