// Collects the chunks of one payload in whatever order peers send them. Nothing is kept that was not checked, and memory
// grows with what has arrived, never with what a header claims.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";
import type { Rejection } from "../fault.ts";
import { type Result, ok } from "../result.ts";
import { type VerifiedManifest, chunkCount } from "./payload-manifest.ts";
import { type Chunk, verifyChunk } from "./payload-tree.ts";

export class PayloadAssembler {
  readonly #sha256: Sha256;
  readonly #manifest: VerifiedManifest;
  /** Verified chunks by index; copies of our own. */
  readonly #chunks = new Map<number, Uint8Array>();

  constructor(sha256: Sha256, manifest: VerifiedManifest) {
    this.#sha256 = sha256;
    this.#manifest = manifest;
  }

  get manifest(): VerifiedManifest {
    return this.#manifest;
  }

  get isComplete(): boolean {
    return this.#chunks.size === chunkCount(this.#manifest);
  }

  get receivedCount(): number {
    return this.#chunks.size;
  }

  has(index: number): boolean {
    return this.#chunks.has(index);
  }

  /** A wrong chunk is refused and changes nothing. A chunk that is there already is a duplicate and is not hashed again. */
  accept(chunk: Chunk): Result<"new" | "duplicate", Rejection> {
    if (this.#chunks.has(chunk.index)) return ok("duplicate");
    const verdict = verifyChunk(this.#sha256, this.#manifest, chunk);
    if (!verdict.ok) return verdict;
    this.#chunks.set(chunk.index, chunk.bytes.slice());
    return ok("new");
  }

  /** Indices that are still missing, ascending; at most `countMax` of them. */
  missing(countMax: number = Number.MAX_SAFE_INTEGER): number[] {
    const indices: number[] = [];
    for (let index = 0; index < chunkCount(this.#manifest) && indices.length < countMax; index += 1) {
      if (!this.#chunks.has(index)) indices.push(index);
    }
    return indices;
  }

  /** The whole payload, once complete. */
  assemble(): Uint8Array {
    assert(this.isComplete, "a payload is assembled once all chunks are there");
    const payload = new Uint8Array(this.#manifest.sizeBytes);
    for (const [index, bytes] of this.#chunks) payload.set(bytes, index * this.#manifest.chunkBytes);
    return payload;
  }
}
