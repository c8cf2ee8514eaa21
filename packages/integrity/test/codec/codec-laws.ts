// The laws that every decoder of untrusted bytes keeps; each codec's test names its bytes and its decoder.

import { expect } from "vitest";
import type { Rejection, Result } from "../../src/index.ts";

export type Decode = (bytes: Uint8Array) => Result<unknown, Rejection>;

/** No proper prefix decodes, and nothing throws. */
export function expectTruncationsRefused(bytes: Uint8Array, decode: Decode): void {
  for (let size = 0; size < bytes.length; size += 1) {
    expect(decode(bytes.subarray(0, size)).ok, `the first ${size} of ${bytes.length} bytes`).toBe(false);
  }
}

/** A byte more is refused. */
export function expectTrailingByteRefused(bytes: Uint8Array, decode: Decode): void {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  const result = decode(longer);
  expect(result.ok ? "ok" : result.error.code).toBe("ENCODING_TRAILING_BYTES");
}

/** Damage is refused or gives something else: never the same value from other bytes, never a throw. */
export function expectBitFlipsSeen(bytes: Uint8Array, decode: Decode): void {
  const original = decode(bytes);
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const damaged = bytes.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const result = decode(damaged);
    if (result.ok) expect(result.value, `bit ${bit} flipped`).not.toEqual(original.ok ? original.value : undefined);
  }
}

export function expectOversizeRefused(sizeBytesMax: number, decode: Decode): void {
  const result = decode(new Uint8Array(sizeBytesMax + 1));
  expect(result.ok ? "ok" : result.error.code).toBe("ENCODING_TOO_LARGE");
}
