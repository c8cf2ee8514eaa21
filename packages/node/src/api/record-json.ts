// The JSON forms of the node's records: digests and bytes as lower-case hex, numbers as numbers (all below 2^53). Written
// out field by field, so that a new field of a record is published only on purpose.

import {
  type AvailabilityReceipt,
  type CheckpointCertificate,
  type SealedVersionRecord,
  decodeBlockHeader,
  encodeCheckpoint,
  hexFromBytes,
} from "@selvedge/integrity";
import type { LeafProof, ModelInfo, VersionProof } from "@selvedge/ledger";

type Json = Readonly<Record<string, unknown>>;

/** For lists: without the updates, of which there may be thousands. */
export function versionSummaryJson({ record, digest }: SealedVersionRecord): Json {
  const { modelId, version, parent, aggregator, weightsRoot, weightsBytes, metrics, commitIndex } = record;
  const updateCount = record.updates.length;
  return { modelId, version, digest, parent, updateCount, aggregator, weightsRoot, weightsBytes, metrics, commitIndex };
}

export function versionJson(sealed: SealedVersionRecord): Json {
  return { ...versionSummaryJson(sealed), updates: sealed.record.updates, bytes: hexFromBytes(sealed.bytes) };
}

export function modelJson({ id, tensors, policy, current, waitingCount }: ModelInfo): Json {
  return { id, tensors, policy, current: versionSummaryJson(current), waitingCount };
}

export function checkpointJson(certificate: CheckpointCertificate): Json {
  const { chainId, epoch, index, commitDigest, stateRoot } = certificate.statement;
  const signers = certificate.signatures.map(({ validator }) => validator);
  return {
    chainId,
    epoch,
    index,
    commitDigest,
    stateRoot,
    signers,
    bytes: hexFromBytes(encodeCheckpoint(certificate)),
  };
}

export function proofJson(proof: VersionProof, certificate: CheckpointCertificate): Json {
  return {
    modelId: proof.modelId,
    version: proof.version,
    recordBytes: hexFromBytes(proof.recordBytes),
    record: leafProofJson(proof.record),
    modelLeafBytes: hexFromBytes(proof.modelLeafBytes),
    modelLeaf: leafProofJson(proof.modelLeaf),
    certificate: hexFromBytes(encodeCheckpoint(certificate)),
  };
}

/** Who vouched; the canonical bytes are what can be verified. */
export function receiptJson({ update, acks }: AvailabilityReceipt): Json {
  const vouching = acks.map(({ headerBytes, ack }) => {
    const header = decodeBlockHeader(headerBytes);
    return header.ok
      ? { validator: header.value.author, round: header.value.round, score: ack.score }
      : { validator: null, round: null, score: ack.score };
  });
  return { update, acks: vouching };
}

function leafProofJson({ leafIndex, leafCount, path }: LeafProof): Json {
  return { leafIndex, leafCount, path: path.map(hexFromBytes) };
}
