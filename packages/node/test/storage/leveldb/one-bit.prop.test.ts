// One flipped bit is found exactly, wherever it is; nothing is found where nothing flipped.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c, maskedCrc32c, unmasked } from "../../../src/storage/leveldb/crc32c.ts";
import { flippedBit, isOneBitApart } from "../../../src/storage/leveldb/one-bit.ts";

const BYTES = fc.uint8Array({ minLength: 1, maxLength: 5000 });

describe("a checksum that does not match", () => {
  it("names the one bit that flipped", () => {
    fc.assert(
      fc.property(BYTES, fc.nat(), fc.integer({ min: 0, max: 7 }), (bytes, place, bit) => {
        const stored = maskedCrc32c(bytes);
        const byte = place % bytes.length;
        const flipped = bytes.map((value, at) => (at === byte ? value ^ (1 << bit) : value));
        expect(flippedBit(flipped, stored)).toEqual({ byte, mask: 1 << bit });
      }),
      { numRuns: 100 },
    );
  });

  it("names none where two flipped", () => {
    fc.assert(
      fc.property(BYTES, fc.nat(), (bytes, place) => {
        const byte = place % bytes.length;
        const flipped = bytes.map((value, at) => (at === byte ? value ^ 0b101 : value));
        expect(flippedBit(flipped, maskedCrc32c(bytes))).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it("is the one that flipped itself, if it is one bit away", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 31 }), (value, bit) => {
        expect(isOneBitApart(value, (value ^ (1 << bit)) >>> 0)).toBe(true);
        expect(isOneBitApart(value, value)).toBe(false);
      }),
    );
  });
});

describe("CRC-32C", () => {
  it("is the one of RFC 3720, and masking it can be undone", () => {
    const digits = Buffer.from("123456789", "latin1");
    expect(crc32c(digits)).toBe(0xe3069283);
    expect(unmasked(maskedCrc32c(digits))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });
});
