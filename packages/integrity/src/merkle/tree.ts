// Merkle trees in the shape of RFC 6962 §2.1: leaf and node hashes carry different tags, an odd tree is split at the
// largest power of two, and the tree of no leaves has the hash of nothing. Hashes are raw bytes here; what stores or
// signs a root makes it a Digest. Proofs are in inclusion-proof.ts and consistency-proof.ts.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type Rejection, rejection } from "../fault.ts";
import { MERKLE_PATH_MAX } from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import { CompactRange } from "./compact-range.ts";
import { TREE_HASH_SIZE_BYTES, leafHash } from "./tree-hash.ts";

export function leafHashes(sha256: Sha256, leaves: readonly Uint8Array[]): Uint8Array[] {
  return leaves.map((leaf) => leafHash(sha256, leaf));
}

/** MTH of RFC 6962 §2.1 over leaf data. */
export function rootOfLeaves(sha256: Sha256, leaves: readonly Uint8Array[]): Uint8Array {
  return rootOfLeafHashes(sha256, leafHashes(sha256, leaves));
}

/** MTH of RFC 6962 §2.1 over leaves that are hashed already. */
export function rootOfLeafHashes(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array {
  return rootOfRange(sha256, hashes, { begin: 0, end: hashes.length });
}

export interface LeafRange {
  readonly begin: number;
  /** Exclusive. */
  readonly end: number;
}

/** Root of the tree over leaves [begin, end) alone. */
export function rootOfRange(sha256: Sha256, hashes: readonly Uint8Array[], { begin, end }: LeafRange): Uint8Array {
  assert(0 <= begin && begin <= end && end <= hashes.length, "a range of leaves lies within the tree");
  const range = new CompactRange(sha256);
  for (const hash of hashes.slice(begin, end)) range.append(hash);
  return range.root();
}

/** Largest power of two below `size`, where RFC 6962 splits a tree of two or more leaves. */
export function splitPoint(size: number): number {
  assert(Number.isSafeInteger(size) && size >= 2, "only a tree of two or more leaves is split");
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** What a proof must be like before anything is hashed: a path no deeper than any tree, hashes of the one right size. */
export function checkProofForm(roots: readonly Uint8Array[], path: readonly Uint8Array[]): Result<true, Rejection> {
  if (path.length > MERKLE_PATH_MAX) return err(rejection("MERKLE_PROOF_LENGTH", "the path is deeper than any tree"));
  if ([...roots, ...path].every((hash) => hash.length === TREE_HASH_SIZE_BYTES)) return ok(true);
  return err(rejection("MERKLE_HASH_SIZE", "a tree hash has 32 bytes"));
}

/** Equality of public values: not constant-time. */
export function isSameHash(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
