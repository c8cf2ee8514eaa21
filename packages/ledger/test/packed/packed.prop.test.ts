// The packed lists against plain arrays and maps.

import { type Digest, digestFromBytes, portableCrypto } from "@selvedge/integrity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DigestIndex } from "../../src/packed/digest-index.ts";
import { PackedHashes } from "../../src/packed/packed-hashes.ts";
import { PackedRecords } from "../../src/packed/packed-records.ts";

const { sha256 } = portableCrypto;
const HASH = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("packed hashes", () => {
  test("are what was set last, at every position", () => {
    const row = fc.array(fc.tuple(fc.nat({ max: 40 }), HASH), { maxLength: 60 });
    fc.assert(
      fc.property(row, (steps) => {
        const packed = new PackedHashes();
        const plain: Uint8Array[] = [];
        for (const [wish, hash] of steps) {
          const index = Math.min(wish, plain.length);
          packed.set(index, hash);
          plain[index] = hash;
        }
        expect(packed.length).toBe(plain.length);
        for (const [index, hash] of plain.entries()) expect(packed.at(index)).toEqual(hash);
        expect(packed.at(plain.length)).toBeUndefined();
        expect(packed.at(-1)).toBeUndefined();
      }),
    );
  });

  test("handed out are copies: a later set does not change them", () => {
    const packed = new PackedHashes();
    packed.set(0, new Uint8Array(32).fill(1));
    const before = packed.at(0);
    packed.set(0, new Uint8Array(32).fill(2));
    expect(before).toEqual(new Uint8Array(32).fill(1));
  });

  test("leave no gap and have one length", () => {
    const packed = new PackedHashes();
    expect(() => packed.set(1, new Uint8Array(32))).toThrow("replaced or appended");
    expect(() => packed.set(0, new Uint8Array(31))).toThrow("replaced or appended");
  });
});

describe("packed records", () => {
  test("are what was appended, empty and longer than a page too", () => {
    const lengths = fc.array(fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 16_000, max: 40_000 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(lengths, (wanted) => {
        const packed = new PackedRecords();
        const plain = wanted.map((length, index) => new Uint8Array(length).fill(index + 1));
        for (const bytes of plain) packed.append(bytes);
        expect(packed.length).toBe(plain.length);
        for (const [index, bytes] of plain.entries()) expect(packed.at(index)).toEqual(bytes);
        expect(packed.at(plain.length)).toBeUndefined();
        expect(packed.at(-1)).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  test("are copies of what was handed in", () => {
    const packed = new PackedRecords();
    const bytes = Uint8Array.of(1, 2, 3);
    packed.append(bytes);
    bytes[0] = 9;
    expect(packed.at(0)).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe("a digest index", () => {
  // The first four bytes alone decide where a lookup begins: few of them make it walk.
  const crowded = fc
    .tuple(fc.nat({ max: 2 }), HASH)
    .map(([first, hash]) => digestFromBytes<Digest>(Uint8Array.of(0, 0, 0, first, ...hash.subarray(4))));

  test("knows the position of every digest and of no other, however they crowd", () => {
    const lists = fc.tuple(
      fc.uniqueArray(crowded, { maxLength: 60 }),
      fc.array(crowded, { minLength: 1, maxLength: 5 }),
    );
    fc.assert(
      fc.property(lists, ([known, others]) => {
        const index = new DigestIndex();
        for (const digest of known) index.append(digest);
        expect(index.length).toBe(known.length);
        for (const [position, digest] of known.entries()) expect(index.positionOf(digest)).toBe(position);
        for (const digest of others)
          expect(index.positionOf(digest)).toBe(known.includes(digest) ? known.indexOf(digest) : undefined);
      }),
    );
  });

  test("takes a digest once", () => {
    const index = new DigestIndex();
    index.append(digestFromBytes(sha256(new Uint8Array(1))));
    expect(() => index.append(digestFromBytes(sha256(new Uint8Array(1))))).toThrow("once");
  });
});
