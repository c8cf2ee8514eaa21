// What a payload's bytes are split into and what names them: chunks of a power of two, their RFC 6962 leaf hashes, and the
// root over those, which a device signs. Makers trust their bytes; `verifyManifest` trusts nothing and is the only way to
// a VerifiedManifest, which is what an assembler works from.

import { assert } from "../assert.ts";
import { type Brand, mint } from "../brand.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type Digest, digestFromBytes, digestToBytes, isDigestHex } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { isCount } from "../ids.ts";
import { PAYLOAD_CHUNK_MAX_BYTES, PAYLOAD_CHUNK_MIN_BYTES, PAYLOAD_MAX_BYTES } from "../limits.ts";
import { leafHash } from "../merkle/tree-hash.ts";
import { isSameHash, rootOfLeafHashes } from "../merkle/tree.ts";
import { type Result, err, ok } from "../result.ts";

/** Default chunk, 64 KiB (docs/protocol.md §12). */
export const PAYLOAD_CHUNK_BYTES: number = 64 * 1024;

/** What a signed header says of a payload. */
export interface PayloadSummary {
  /** RFC 6962 root over the chunks. */
  readonly root: Digest;
  readonly sizeBytes: number;
  /** A power of two; only the last chunk may be shorter. */
  readonly chunkBytes: number;
}

export interface PayloadManifest extends PayloadSummary {
  /** RFC 6962 leaf hash of each chunk: also the name under which a chunk is stored. */
  readonly chunkHashes: readonly Digest[];
}

/** A manifest whose hashes lead to its root. */
export type VerifiedManifest = Brand<PayloadManifest, "VerifiedManifest">;

/** The manifest of bytes that we hold. */
export function payloadManifest(
  sha256: Sha256,
  payload: Uint8Array,
  chunkBytes: number = PAYLOAD_CHUNK_BYTES,
): VerifiedManifest {
  assert(isChunkSize(chunkBytes), "a chunk size is a power of two within its bounds");
  assert(payload.length <= PAYLOAD_MAX_BYTES, "a payload is within its bound");
  const hashes: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += chunkBytes) {
    hashes.push(leafHash(sha256, payload.subarray(offset, offset + chunkBytes)));
  }
  return mint<VerifiedManifest>({
    root: digestFromBytes(rootOfLeafHashes(sha256, hashes)),
    sizeBytes: payload.length,
    chunkBytes,
    chunkHashes: hashes.map((hash) => digestFromBytes(hash)),
  });
}

export function payloadRoot(sha256: Sha256, payload: Uint8Array, chunkBytes: number = PAYLOAD_CHUNK_BYTES): Digest {
  return payloadManifest(sha256, payload, chunkBytes).root;
}

/** A manifest from a peer: sound sizes, as many hashes as chunks, and hashes that lead to the root. */
export function verifyManifest(sha256: Sha256, manifest: PayloadManifest): Result<VerifiedManifest, Rejection> {
  const summary = checkSummary(manifest);
  if (!summary.ok) return summary;
  if (manifest.chunkHashes.length !== chunkCount(manifest)) {
    return err(rejection("PAYLOAD_CHUNK_COUNT", "the manifest has another number of hashes than chunks"));
  }
  if (!manifest.chunkHashes.every(isDigestHex)) {
    return err(rejection("MERKLE_HASH_SIZE", "a chunk hash has 32 bytes"));
  }
  const root = rootOfLeafHashes(sha256, manifest.chunkHashes.map(digestToBytes));
  if (!isSameHash(root, digestToBytes(manifest.root))) {
    return err(rejection("PAYLOAD_ROOT_MISMATCH", "the chunk hashes lead to another root"));
  }
  const { sizeBytes, chunkBytes, chunkHashes } = manifest;
  return ok(mint<VerifiedManifest>({ root: manifest.root, sizeBytes, chunkBytes, chunkHashes: [...chunkHashes] }));
}

/** Whether sizes and root of a peer's summary are sound on their own. */
export function checkSummary(summary: PayloadSummary): Result<true, Rejection> {
  if (!isDigestHex(summary.root)) return err(rejection("MERKLE_HASH_SIZE", "a payload root has 32 bytes"));
  if (!isChunkSize(summary.chunkBytes)) {
    return err(rejection("PAYLOAD_CHUNK_SIZE", "a chunk size is a power of two within its bounds"));
  }
  if (!isCount(summary.sizeBytes) || summary.sizeBytes > PAYLOAD_MAX_BYTES) {
    return err(rejection("PAYLOAD_TOO_LARGE", `a payload has at most ${PAYLOAD_MAX_BYTES} bytes`));
  }
  return ok(true);
}

export function isChunkSize(chunkBytes: number): boolean {
  if (!isCount(chunkBytes) || chunkBytes < PAYLOAD_CHUNK_MIN_BYTES || chunkBytes > PAYLOAD_CHUNK_MAX_BYTES)
    return false;
  return (chunkBytes & (chunkBytes - 1)) === 0;
}

export function chunkCount({ sizeBytes, chunkBytes }: PayloadSummary): number {
  return Math.ceil(sizeBytes / chunkBytes);
}

/** Bytes of the chunk at an index below `chunkCount`. */
export function chunkSizeAt({ sizeBytes, chunkBytes }: PayloadSummary, index: number): number {
  return Math.min(chunkBytes, sizeBytes - index * chunkBytes);
}
