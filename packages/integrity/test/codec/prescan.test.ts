// The canonical subset: each form that it keeps out, next to the one that it lets in.

import { describe, expect, test } from "vitest";
import { prescan } from "../../src/codec/prescan.ts";
import { MSGPACK_DEPTH_MAX, bytesFromHex, decode, encode, hexFromBytes, wireInteger } from "../../src/index.ts";

const bounds = { bytesMax: 1024, itemsMax: 100 };

function verdictOf(hex: string): string {
  const bytes = bytesFromHex(hex.replaceAll(" ", ""));
  const fault = prescan(bytes, bounds);
  const decoded = decode(bytes, bounds);
  expect(decoded.ok || fault !== undefined || decoded.error.code === "ENCODING_NON_CANONICAL").toBe(true);
  return fault?.code ?? "ok";
}

describe("minimal forms", () => {
  test.each([
    ["zero", "00", "cc00"],
    ["127", "7f", "cc7f"],
    ["128", "cc80", "cd0080"],
    ["255", "ccff", "cd00ff"],
    ["256", "cd0100", "ce00000100"],
    ["65535", "cdffff", "ce0000ffff"],
    ["65536", "ce00010000", "d30000000000010000"],
    ["2^32 - 1", "ceffffffff", "d300000000ffffffff"],
    ["-1", "ff", "d0ff"],
    ["-32", "e0", "d0e0"],
    ["-33", "d0df", "d1ffdf"],
    ["-128", "d080", "d1ff80"],
    ["-129", "d1ff7f", "d2ffffff7f"],
    ["-32768", "d18000", "d2ffff8000"],
    ["-32769", "d2ffff7fff", "d3ffffffffffff7fff"],
    ["-2^31", "d280000000", "d3ffffffff80000000"],
    ["bytes", "c401aa", "c50001aa"],
    ["bytes 16", "c40100", "c60000000100"],
    ["text", "a161", "d90161"],
    ["text 16", `d920${"61".repeat(32)}`, `da0020${"61".repeat(32)}`],
    ["list", "9100", "dc000100"],
    ["list 16", `dc0010${"00".repeat(16)}`, `dd00000010${"00".repeat(16)}`],
  ])("%s has one form", (_, minimal, longer) => {
    expect(verdictOf(minimal)).toBe("ok");
    expect(verdictOf(longer)).toBe("ENCODING_NON_MINIMAL");
  });

  test.each([
    ["2^32", "d30000000100000000", 2 ** 32],
    ["-2^31 - 1", "d3ffffffff7fffffff", -(2 ** 31) - 1],
    ["the largest safe integer", "d3001fffffffffffff", Number.MAX_SAFE_INTEGER],
  ])("%s is an int64", (_, hex, value) => {
    expect(verdictOf(hex)).toBe("ok");
    expect(hexFromBytes(encode(wireInteger(value)))).toBe(hex);
  });
});

describe("forbidden types", () => {
  test.each([
    ["false", "c2"],
    ["true", "c3"],
    ["never used", "c1"],
    ["float32", "ca3f800000"],
    ["float64", "cb3ff0000000000000"],
    ["uint64", "cf0000000100000000"],
    ["empty map", "80"],
    ["map16", "de0000"],
    ["map32", "df00000000"],
    ["fixext1", "d40000"],
    ["fixext16", `d800${"00".repeat(16)}`],
    ["ext8", "c70000"],
    ["ext32", "c90000000000"],
  ])("%s is refused, also inside a list", (_, hex) => {
    expect(verdictOf(hex)).toBe("ENCODING_TYPE_FORBIDDEN");
    expect(verdictOf(`91${hex}`)).toBe("ENCODING_TYPE_FORBIDDEN");
  });
});

describe("bounds", () => {
  test("arrays nest as deep as the limit and no deeper", () => {
    expect(verdictOf(`${"91".repeat(MSGPACK_DEPTH_MAX - 1)}00`)).toBe("ok");
    expect(verdictOf(`${"91".repeat(MSGPACK_DEPTH_MAX)}00`)).toBe("ENCODING_TOO_DEEP");
    expect(verdictOf("91".repeat(1000))).toBe("ENCODING_TOO_DEEP");
  });
  test("items are counted over all levels", () => {
    expect(verdictOf(`9a${"9900000000000000 0000".repeat(9)}00`)).toBe("ok");
    expect(verdictOf(`9a${"9900000000000000 0000".repeat(10)}`)).toBe("ENCODING_TOO_MANY_ITEMS");
  });
  test("a list that announces too many items is refused before the first of them is read", () => {
    expect(verdictOf(`dc0064c2${"00".repeat(99)}`)).toBe("ENCODING_TOO_MANY_ITEMS");
  });
  test("a length beyond the input is refused before anything is made", () => {
    expect(verdictOf("ddffffffff")).toBe("ENCODING_TRUNCATED");
    expect(verdictOf("c6ffffffff")).toBe("ENCODING_TRUNCATED");
    expect(verdictOf("dbffffffff00")).toBe("ENCODING_TRUNCATED");
    expect(verdictOf("cd00")).toBe("ENCODING_TRUNCATED");
    expect(verdictOf("")).toBe("ENCODING_TRUNCATED");
    expect(verdictOf("9100".slice(0, 2))).toBe("ENCODING_TRUNCATED");
  });
  test("nothing may follow", () => {
    expect(verdictOf("0000")).toBe("ENCODING_TRAILING_BYTES");
    expect(verdictOf("9000")).toBe("ENCODING_TRAILING_BYTES");
  });
  test("larger inputs are not looked at", () => {
    expect(prescan(new Uint8Array(5), { ...bounds, bytesMax: 4 })?.code).toBe("ENCODING_TOO_LARGE");
  });
});

describe("text", () => {
  test.each([
    ["a lone continuation byte", "a180"],
    ["an overlong form", "a2c081"],
    ["a surrogate pair in two halves", "a6eda080edb080"],
    ["beyond U+10FFFF", "a4f4908080"],
  ])("%s does not decode", (_, hex) => {
    const result = decode(bytesFromHex(hex), bounds);
    expect(result.ok ? "ok" : result.error.code).toBe("ENCODING_NON_CANONICAL");
  });
});

describe("memory", () => {
  test("what encode gives is not a slice of a pool", () => {
    const first = encode([1, "a", Uint8Array.of(1, 2)]);
    const copy = first.slice();
    encode([2, "b", Uint8Array.of(3, 4)]);
    expect(first).toEqual(copy);
    expect(first.buffer.byteLength).toBe(first.length);
  });
  test("decode leaves its input as it was", () => {
    const bytes = encode([1, 2, 3]);
    decode(bytes, bounds);
    expect(Object.keys(bytes)).toHaveLength(bytes.length);
  });
  test("a float never leaves", () => {
    expect(() => encode([0.5])).toThrow(/canonical/);
    expect(() => encode([2 ** 32])).toThrow(/canonical/);
    expect(() => wireInteger(2 ** 53)).toThrow(/safe/);
  });
});
