// The frontier of an append-only RFC 6962 tree: what must be kept to go on appending, at most one hash for each bit of
// the size. Callers: roots over many leaves, the model trees of the ledger, payload roots made while bytes stream in.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type Rejection, rejection } from "../fault.ts";
import { type Result, err, ok } from "../result.ts";
import { TREE_HASH_SIZE_BYTES, emptyRoot, nodeHash } from "./tree-hash.ts";

/** A frontier as data: what a store keeps and hands back. */
export interface Frontier {
  readonly size: number;
  /** Roots of the complete subtrees, largest first: one for each 1 bit of `size`. */
  readonly peaks: readonly Uint8Array[];
}

export class CompactRange {
  readonly #sha256: Sha256;
  /** Number of leaves appended. */
  #size = 0;
  /** One peak for each 1 bit of #size, from the highest bit down. */
  readonly #peaks: Uint8Array[] = [];

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** Refuses a frontier whose peaks do not fit its size; it cannot tell whether they are the right ones. */
  static restore(sha256: Sha256, frontier: Frontier): Result<CompactRange, Rejection> {
    if (!Number.isSafeInteger(frontier.size) || frontier.size < 0) {
      return err(rejection("MERKLE_FRONTIER", "the size is no count"));
    }
    if (frontier.peaks.length !== onesOf(frontier.size)) {
      return err(rejection("MERKLE_FRONTIER", "the peaks do not fit the size"));
    }
    if (frontier.peaks.some((peak) => peak.length !== TREE_HASH_SIZE_BYTES)) {
      return err(rejection("MERKLE_HASH_SIZE", "a peak has 32 bytes"));
    }
    const range = new CompactRange(sha256);
    range.#size = frontier.size;
    range.#peaks.push(...frontier.peaks.map((peak) => peak.slice()));
    return ok(range);
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    assert(leaf.length === TREE_HASH_SIZE_BYTES, "a leaf hash has 32 bytes");
    assert(this.#size < Number.MAX_SAFE_INTEGER, "a tree has a safe number of leaves");
    let hash: Uint8Array = leaf.slice();
    // Every trailing 1 bit of the old size is a subtree that the new leaf completes into the next larger one.
    for (let size = this.#size; size % 2 === 1; size = Math.floor(size / 2)) {
      const left = this.#peaks.pop();
      assert(left !== undefined, "each 1 bit of the size has a peak");
      hash = nodeHash(this.#sha256, left, hash);
    }
    this.#peaks.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    const last = this.#peaks.at(-1);
    if (last === undefined) return emptyRoot(this.#sha256);
    // A copy: where the last peak is the only one, it is itself the root.
    return this.#peaks.slice(0, -1).reduceRight((right, left) => nodeHash(this.#sha256, left, right), last.slice());
  }

  frontier(): Frontier {
    return { size: this.#size, peaks: this.#peaks.map((peak) => peak.slice()) };
  }
}

function onesOf(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
