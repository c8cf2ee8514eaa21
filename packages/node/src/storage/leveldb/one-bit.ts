// Finds the one bit whose flip explains a checksum that does not match: what a failing medium does most often, and what
// can be put right exactly. A CRC over less than 256 MiB gives every single bit another difference, so the bit is certain
// if only one flipped; damage of another kind passes for one with a chance of one in thousands, and is caught by the seals
// of the records.

import { crc32cState, maskedCrc32c, unmasked } from "./crc32c.ts";

const BITS_PER_BYTE = 8;

export interface FlippedBit {
  readonly byte: number;
  readonly mask: number;
}

/** Within `bytes`, whose checksum should be `stored`. Undefined if no single bit explains it. */
export function flippedBit(bytes: Uint8Array, stored: number): FlippedBit | undefined {
  const difference = unmasked(maskedCrc32c(bytes)) ^ unmasked(stored);
  // What each bit of a byte changes, from the last byte backwards.
  const changes = Array.from({ length: BITS_PER_BYTE }, (_, bit) => crc32cState(1 << bit));
  for (let byte = bytes.length - 1; byte >= 0; byte -= 1) {
    for (const [bit, change] of changes.entries()) {
      if (change === (difference | 0)) return { byte, mask: 1 << bit };
      changes[bit] = crc32cState(change & 0xff) ^ (change >>> 8);
    }
  }
  return undefined;
}

/** Whether the checksum itself is what flipped. */
export function isOneBitApart(left: number, right: number): boolean {
  const difference = (left ^ right) >>> 0;
  return difference !== 0 && (difference & (difference - 1)) === 0;
}
