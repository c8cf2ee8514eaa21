// Digests: domain tags keep kinds apart, hex and bytes are two forms of one value.

import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type BlockDigest,
  type CommitDigest,
  type Digest,
  bytesFromHex,
  digestFromBytes,
  digestFromHex,
  digestOf,
  digestToBytes,
  hexFromBytes,
  isDigestHex,
  portableCrypto,
  zeroDigest,
} from "../src/index.ts";
import { utf8FromText } from "../src/utf8.ts";

const { sha256 } = portableCrypto;
const hex = "0123456789abcdef".repeat(4);

describe("a digest", () => {
  test("is SHA-256 of tag, zero byte and parts", () => {
    const preimage = utf8FromText("selvedge/1/block\0ab");
    expect(digestOf(sha256, "block", Uint8Array.of(97), Uint8Array.of(98))).toBe(hexFromBytes(sha256(preimage)));
  });
  test("of one kind never passes for another's", () => {
    const kinds = ["block", "commit", "update", "version", "checkpoint", "chain"] as const;
    const digests = kinds.map((kind) => digestOf<Digest>(sha256, kind, Uint8Array.of(1)));
    expect(new Set(digests).size).toBe(kinds.length);
  });
  test("has one form in hex and one in bytes", () => {
    expect(digestToBytes(digestFromHex(hex))).toEqual(bytesFromHex(hex));
    expect(digestFromBytes(bytesFromHex(hex))).toBe(hex);
    expect(digestToBytes(zeroDigest())).toEqual(new Uint8Array(32));
  });
  test("is 32 bytes of lower-case hex and nothing else", () => {
    expect(isDigestHex(hex)).toBe(true);
    for (const value of [hex.toUpperCase(), hex.slice(1), `${hex}0`, `${hex}\n`, 5, null])
      expect(isDigestHex(value)).toBe(false);
    expect(() => digestFromHex(hex.toUpperCase())).toThrow(/hex/);
    expect(() => digestFromBytes(new Uint8Array(31))).toThrow(/32 bytes/);
    expect(() => bytesFromHex("abc")).toThrow(/even/);
    expect(() => bytesFromHex("zz")).toThrow(/hex/);
  });
});

test("a brand upon a brand is a type of its own", () => {
  // Were the brand a value instead of a key, each of these would be never, and everything would fit everywhere.
  expectTypeOf<BlockDigest>().not.toBeNever();
  expectTypeOf<BlockDigest>().toExtend<Digest>();
  expectTypeOf<Digest>().not.toExtend<BlockDigest>();
  expectTypeOf<CommitDigest>().not.toExtend<BlockDigest>();
});
