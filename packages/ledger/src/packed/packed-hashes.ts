// A growing row of 32-byte hashes in one buffer: a node of a tree that lives as long as the chain costs 32 bytes and not
// the two objects of an array of its own.

import { assert } from "@selvedge/integrity";

const HASH_BYTES = 32;
const CAPACITY_AT_FIRST = 4;

export class PackedHashes {
  #bytes = new Uint8Array(CAPACITY_AT_FIRST * HASH_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy: the row may change; undefined beyond its end. */
  at(index: number): Uint8Array | undefined {
    return this.view(index)?.slice();
  }

  /** As `at`, without a copy: true until the next `set`. */
  view(index: number): Uint8Array | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }

  /** Replaces a hash or appends one. */
  set(index: number, hash: Uint8Array): void {
    assert(index >= 0 && index <= this.#length && hash.length === HASH_BYTES, "a hash is replaced or appended");
    if (index === this.#length) this.#grow();
    this.#bytes.set(hash, index * HASH_BYTES);
  }

  #grow(): void {
    this.#length += 1;
    if (this.#length * HASH_BYTES <= this.#bytes.length) return;
    const wider = new Uint8Array(2 * this.#bytes.length);
    wider.set(this.#bytes);
    this.#bytes = wider;
  }
}
