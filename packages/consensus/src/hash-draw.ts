// Uniform integers from a seed: SHA-256 in counter mode with rejection. The leader schedule and the coin draw from it;
// its bytes are part of the protocol (docs/protocol.md, S7).

import {
  type Digest,
  type DigestKind,
  type Sha256,
  assert,
  digestOf,
  digestToBytes,
  mustExist,
} from "@selvedge/integrity";

/** Values are 53 bits, the low ones of 8 big-endian bytes, four to a digest. */
const RANGE = 2 ** 53;
const HIGH_MASK = 0x1f_ffff;
const WORD = 2 ** 32;

export interface DrawSource {
  readonly sha256: Sha256;
  readonly kind: DigestKind;
  readonly seed: Digest;
}

export class HashDraw {
  readonly #source: DrawSource;
  #counter = 0;
  #unused: readonly number[] = [];

  constructor(source: DrawSource) {
    this.#source = source;
  }

  /** Uniform in [0, bound). */
  below(bound: number): number {
    assert(Number.isSafeInteger(bound) && bound >= 1, "a draw has a positive bound");
    const limit = RANGE - (RANGE % bound);
    for (;;) {
      const value = this.#next();
      if (value < limit) return value % bound; // values beyond the last whole multiple would favour small results
    }
  }

  #next(): number {
    if (this.#unused.length === 0) this.#refill();
    const value = mustExist(this.#unused[0], "a digest holds four values");
    this.#unused = this.#unused.slice(1);
    return value;
  }

  #refill(): void {
    const { sha256, kind, seed } = this.#source;
    const digest = digestToBytes(digestOf(sha256, kind, digestToBytes(seed), bigEndian32(this.#counter)));
    const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
    this.#counter += 1;
    this.#unused = [0, 8, 16, 24].map((at) => (view.getUint32(at) & HIGH_MASK) * WORD + view.getUint32(at + 4));
  }
}

export function bigEndian32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function bigEndian64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / WORD));
  view.setUint32(4, value % WORD);
  return bytes;
}
