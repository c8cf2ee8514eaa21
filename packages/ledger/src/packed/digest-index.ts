// Positions of digests in the order in which they were appended: 32 bytes and a slot or two of a hash table with linear
// probing for each, for lists that grow as long as the chain. Digests are SHA-256 outputs, so their first bytes serve as hash;
// whoever grinds them makes lookups slower by the few bits that grinding can fix, and nothing else.

import { type Digest, assert, digestToBytes, isSameBytes } from "@selvedge/integrity";
import { PackedHashes } from "./packed-hashes.ts";

const SLOTS_AT_FIRST = 8;
const EMPTY = 0;

export class DigestIndex<Named extends Digest> {
  readonly #digests = new PackedHashes();
  /** Position + 1 of a digest, or EMPTY; a power of two of them, at most half of them taken. */
  #slots = new Uint32Array(SLOTS_AT_FIRST);

  get length(): number {
    return this.#digests.length;
  }

  /** The position of the digest; undefined if it was never appended. */
  positionOf(digest: Named): number | undefined {
    const taken = this.#slots[this.#slotOf(digestToBytes(digest))] ?? EMPTY;
    return taken === EMPTY ? undefined : taken - 1;
  }

  /** @throws InvariantError for a digest that is there */
  append(digest: Named): void {
    const bytes = digestToBytes(digest);
    this.#digests.set(this.length, bytes);
    if (2 * this.length > this.#slots.length) this.#widen();
    else this.#take(bytes, this.length);
  }

  #widen(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let position = 0; position < this.length; position += 1)
      this.#take(this.#digests.view(position) ?? new Uint8Array(0), position + 1);
  }

  #take(bytes: Uint8Array, value: number): void {
    const slot = this.#slotOf(bytes);
    assert(this.#slots[slot] === EMPTY, "a digest is appended once");
    this.#slots[slot] = value;
  }

  /** The slot that holds the digest, or the empty one where it belongs. */
  #slotOf(bytes: Uint8Array): number {
    const mask = this.#slots.length - 1;
    let slot = firstWord(bytes) & mask;
    while (!this.#isSettled(slot, bytes)) slot = (slot + 1) & mask;
    return slot;
  }

  #isSettled(slot: number, bytes: Uint8Array): boolean {
    const taken = this.#slots[slot] ?? EMPTY;
    const held = taken === EMPTY ? undefined : this.#digests.view(taken - 1);
    return held === undefined || isSameBytes(held, bytes);
  }
}

function firstWord(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0);
}
