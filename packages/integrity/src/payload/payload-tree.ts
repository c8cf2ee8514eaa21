// Chunks checked one by one against a verified manifest, so that a chunk can be believed before the rest is there. What
// collects them is payload-assembler.ts.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";
import { digestFromBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { isCount } from "../ids.ts";
import { leafHash } from "../merkle/tree-hash.ts";
import { type Result, err, ok } from "../result.ts";
import {
  type PayloadManifest,
  type PayloadSummary,
  type VerifiedManifest,
  chunkCount,
  chunkSizeAt,
} from "./payload-manifest.ts";

export interface Chunk {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The chunk of a payload that we hold. */
export function chunkOf(payload: Uint8Array, manifest: PayloadManifest, index: number): Chunk {
  assert(payload.length === manifest.sizeBytes, "a manifest belongs to its payload");
  assert(isCount(index) && index < chunkCount(manifest), "a chunk's index is below their number");
  const begin = index * manifest.chunkBytes;
  return { index, bytes: payload.subarray(begin, begin + chunkSizeAt(manifest, index)) };
}

/** A chunk against the hashes of a verified manifest. */
export function verifyChunk(sha256: Sha256, manifest: VerifiedManifest, chunk: Chunk): Result<true, Rejection> {
  const size = checkChunkSize(manifest, chunk);
  if (!size.ok) return size;
  if (digestFromBytes(leafHash(sha256, chunk.bytes)) === manifest.chunkHashes[chunk.index]) return ok(true);
  return err(rejection("PAYLOAD_CHUNK_MISMATCH", `chunk ${chunk.index} has another hash than the manifest says`));
}

function checkChunkSize(summary: PayloadSummary, { index, bytes }: Chunk): Result<true, Rejection> {
  if (!isCount(index) || index >= chunkCount(summary)) {
    return err(rejection("PAYLOAD_CHUNK_INDEX", "the payload has no chunk of that index"));
  }
  if (bytes.length !== chunkSizeAt(summary, index)) {
    return err(rejection("PAYLOAD_CHUNK_SIZE", `chunk ${index} has ${bytes.length} bytes`));
  }
  return ok(true);
}
