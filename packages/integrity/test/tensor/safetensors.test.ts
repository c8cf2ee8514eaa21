// The container: strict in what it reads, exact in what it writes. Every way of being wrong has its own code.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import {
  CONTAINER_HEADER_MAX_BYTES,
  CONTAINER_TENSORS_MAX,
  TENSOR_NAME_MAX_CHARS,
  TENSOR_RANK_MAX,
} from "../../src/limits.ts";
import {
  type TensorView,
  canonicalSafetensors,
  readCanonicalSafetensors,
  readSafetensors,
  writeContainer,
} from "../../src/tensor/safetensors.ts";
import { toHex } from "../support/shared-data.ts";

const ONE = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
const TWO = '"b":{"dtype":"U8","shape":[2,1],"data_offsets":[4,6]}';

function file(header: string | Uint8Array, dataSize = 0): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataSize);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  return bytes;
}

function codeOf(bytes: Uint8Array): string {
  const container = readSafetensors(bytes);
  return container.ok ? "OK" : container.error.code;
}

/** A header as long as may be: one tensor that stands last and is first by name, behind empty ones with offsets 0. */
function longestHeader(): Uint8Array {
  const count = 6000;
  const rest = ':{"dtype":"F32","shape":[0],"data_offsets":[0,0]},';
  const nameChars = Math.floor((CONTAINER_HEADER_MAX_BYTES - 100) / count) - rest.length - 2;
  const empty = Array.from({ length: count }, (_, at) => `"${`b${at}`.padEnd(nameChars, "x")}"${rest}`).join("");
  const header = `{${empty}"a":{"dtype":"F32","shape":[25],"data_offsets":[0,100]}}`;
  return file(header.padEnd(CONTAINER_HEADER_MAX_BYTES, " "), 100);
}

describe("reading", () => {
  it("gives tensors in the order of their bytes, with views into them", () => {
    const bytes = file(`{${TWO}, "__metadata__":{"format":"pt"} ,${ONE}}  `, 6);
    bytes.set([1, 2, 3, 4, 5, 6], bytes.length - 6);
    const container = readSafetensors(bytes);
    if (!container.ok) throw new Error(container.error.code);
    expect(container.value.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual([
      { name: "a", dtype: "F32", shape: [1] },
      { name: "b", dtype: "U8", shape: [2, 1] },
    ]);
    expect(container.value.tensors.map((tensor) => [...tensor.bytes])).toEqual([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    expect(container.value.tensors[0]?.bytes.buffer).toBe(bytes.buffer);
    expect([...(container.value.metadata ?? [])]).toEqual([["format", "pt"]]);
    expect(toHex(writeContainer(container.value))).toBe(toHex(bytes));
  });

  it("reads a view whose buffer begins elsewhere", () => {
    const bytes = file(`{${ONE}}`, 4);
    const shifted = new Uint8Array([9, 9, 9, ...bytes]).subarray(3);
    expect(codeOf(shifted)).toBe("OK");
  });

  it("a header without tensors or metadata is a container", () => {
    expect(codeOf(file("{}"))).toBe("OK");
    expect(codeOf(file('{"__metadata__":{}}'))).toBe("OK");
  });

  it("scalars, empty tensors and escaped names are read", () => {
    expect(codeOf(file('{"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}', 8))).toBe("OK");
    expect(codeOf(file('{"e":{"dtype":"F32","shape":[0,9007199254740991,9],"data_offsets":[0,0]}}'))).toBe("OK");
    const escaped = readSafetensors(
      file(String.raw`{"\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`),
    );
    expect(escaped.ok ? escaped.value.tensors[0]?.name : "").toBe('é😀"\\/\b\f\n\r\t');
  });

  it("fields and white space may come in any order the JSON grammar allows", () => {
    const header = '{ "a" :\t{"shape" : [ 1 , 1 ] ,\n"data_offsets": [ 0 , 4 ],\r"dtype":"F32" } }';
    expect(codeOf(file(header, 4))).toBe("OK");
  });
});

const REFUSED: readonly { readonly why: string; readonly bytes: Uint8Array; readonly code: string }[] = [
  { why: "nothing at all", bytes: new Uint8Array(0), code: "CONTAINER_TRUNCATED" },
  { why: "seven bytes", bytes: new Uint8Array(7), code: "CONTAINER_TRUNCATED" },
  { why: "an empty header", bytes: file(""), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a header cut short", bytes: file(`{${ONE}}`, 4).subarray(0, 30), code: "CONTAINER_TRUNCATED" },
  { why: "data cut short", bytes: file(`{${ONE}}`, 3), code: "CONTAINER_TRUNCATED" },
  { why: "bytes after the last tensor", bytes: file(`{${ONE}}`, 5), code: "CONTAINER_SIZE" },
  { why: "space before the object", bytes: file(` {${ONE}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a line break as padding", bytes: file(`{${ONE}}\n`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "text after the object", bytes: file(`{${ONE}} {}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "an array", bytes: file("[]"), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "an object that does not end", bytes: file(`{${ONE}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a trailing comma", bytes: file(`{${ONE},}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a missing comma", bytes: file(`{${ONE}${TWO}}`, 6), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a missing colon", bytes: file('{"a"{}}'), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a tensor twice", bytes: file(`{${ONE},${ONE}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  {
    why: "a tensor twice, once escaped",
    bytes: file(`{${ONE},${ONE.replace("a", String.raw`\u0061`)}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  { why: "metadata twice", bytes: file('{"__metadata__":{},"__metadata__":{}}'), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a metadata key twice", bytes: file('{"__metadata__":{"a":"1","a":"2"}}'), code: "CONTAINER_HEADER_SYNTAX" },
  {
    why: "metadata with a lone surrogate",
    bytes: file(String.raw`{"__metadata__":{"a":"\udc00"}}`),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  { why: "metadata that is no text", bytes: file('{"__metadata__":{"a":1}}'), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "metadata that is no object", bytes: file('{"__metadata__":"a"}'), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a tensor that is no object", bytes: file('{"a":1}'), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "an empty name", bytes: file(`{${ONE.replace("a", "")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  {
    why: "a name too long",
    bytes: file(`{${ONE.replace("a", "x".repeat(TENSOR_NAME_MAX_CHARS + 1))}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  {
    why: "a lone surrogate",
    bytes: file(`{${ONE.replace("a", String.raw`\ud800`)}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  {
    why: "a broken escape",
    bytes: file(`{${ONE.replace("a", String.raw`\u12g4`)}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  {
    why: "an unknown escape",
    bytes: file(`{${ONE.replace("a", String.raw`\x`)}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  { why: "a control character", bytes: file(`{${ONE.replace("a", "\u0001")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a string that does not end", bytes: file('{"a'), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "bytes that are not UTF-8", bytes: file(Uint8Array.of(0x7b, 0xff, 0x7d)), code: "CONTAINER_HEADER_SYNTAX" },
  {
    why: "an unknown field",
    bytes: file(`{${ONE.replace('"shape"', '"x":"y","shape"')}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  {
    why: "a field twice",
    bytes: file(`{${ONE.replace('"shape"', '"dtype":"F32","shape"')}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  { why: "a field missing", bytes: file('{"a":{"dtype":"F32","shape":[1]}}', 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "three offsets", bytes: file(`{${ONE.replace("[0,4]", "[0,4,4]")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "one offset", bytes: file(`{${ONE.replace("[0,4]", "[0]")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a negative number", bytes: file(`{${ONE.replace("[1]", "[-1]")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a fraction", bytes: file(`{${ONE.replace("[1]", "[1.0]")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "an exponent", bytes: file(`{${ONE.replace("[1]", "[1e0]")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  { why: "a leading zero", bytes: file(`{${ONE.replace("[1]", "[01]")}}`, 4), code: "CONTAINER_HEADER_SYNTAX" },
  {
    why: "a number that is not safe",
    bytes: file(`{${ONE.replace("[1]", "[9007199254740992]")}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  {
    why: "a number of thirty digits",
    bytes: file(`{${ONE.replace("[1]", `[${"1".repeat(30)}]`)}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  {
    why: "too many dimensions",
    bytes: file(`{${ONE.replace("[1]", `[${"1,".repeat(TENSOR_RANK_MAX)}1]`)}}`, 4),
    code: "CONTAINER_HEADER_SYNTAX",
  },
  { why: "an unknown dtype", bytes: file(`{${ONE.replace("F32", "F31")}}`, 4), code: "CONTAINER_DTYPE_UNKNOWN" },
  { why: "a shape that asks for more", bytes: file(`{${ONE.replace("[1]", "[2]")}}`, 4), code: "CONTAINER_SHAPE" },
  {
    why: "a shape whose product is not safe",
    bytes: file(`{${ONE.replace("[1]", "[4294967296,4294967296]")}}`, 4),
    code: "CONTAINER_SHAPE",
  },
  { why: "a hole at the start", bytes: file(`{${ONE.replace("[0,4]", "[1,5]")}}`, 5), code: "CONTAINER_OFFSETS" },
  {
    why: "a hole between tensors",
    bytes: file(`{${ONE},${TWO.replace("[4,6]", "[5,7]")}}`, 7),
    code: "CONTAINER_OFFSETS",
  },
  { why: "an overlap", bytes: file(`{${ONE},${TWO.replace("[4,6]", "[2,4]")}}`, 4), code: "CONTAINER_OFFSETS" },
  {
    why: "offsets that run backwards",
    bytes: file(`{${ONE.replace("[0,4]", "[4,0]")}}`, 4),
    code: "CONTAINER_OFFSETS",
  },
];

describe("refusing", () => {
  it.each(REFUSED)("$why: $code", ({ bytes, code }) => {
    expect(codeOf(bytes)).toBe(code);
  });

  it("a header above its bound, before reading it", () => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(CONTAINER_HEADER_MAX_BYTES + 1), true);
    expect(codeOf(bytes)).toBe("CONTAINER_HEADER_TOO_LARGE");
    bytes.fill(0xff, 0, 8);
    expect(codeOf(bytes)).toBe("CONTAINER_HEADER_TOO_LARGE");
    new DataView(bytes.buffer).setBigUint64(0, BigInt(CONTAINER_HEADER_MAX_BYTES), true);
    expect(codeOf(bytes)).toBe("CONTAINER_TRUNCATED");
  });

  it("more tensors than a container may hold", () => {
    const entry = (index: number): string => `"${index}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`;
    const most = Array.from({ length: CONTAINER_TENSORS_MAX }, (_, index) => entry(index));
    expect(codeOf(file(`{${most.join(",")}}`))).toBe("OK");
    most.push(entry(CONTAINER_TENSORS_MAX));
    expect(codeOf(file(`{${most.join(",")}}`))).toBe("CONTAINER_HEADER_SYNTAX");
  });

  it("any damage to a header, without a throw", () => {
    const good = file(`{"__metadata__":{"k":"v"},${ONE},${TWO}}`, 6);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const damaged = good.slice();
        damaged[at] = (damaged[at] ?? 0) ^ mask;
        const container = readSafetensors(damaged);
        if (container.ok) expect(toHex(writeContainer(container.value))).toBe(toHex(damaged));
      }),
      { numRuns: 3000 },
    );
  });
});

const DTYPES = ["F32", "F16", "BF16", "I8", "U32", "F64"] as const;
const SIZES = { F32: 4, F16: 2, BF16: 2, I8: 1, U32: 4, F64: 8 };

const tensors: fc.Arbitrary<TensorView[]> = fc.uniqueArray(
  fc
    .record({
      name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
      dtype: fc.constantFrom(...DTYPES),
      shape: fc.array(fc.nat(3), { maxLength: 3 }),
      fill: fc.nat(255),
    })
    .map(({ name, dtype, shape, fill }) => {
      const count = shape.reduce((product, dimension) => product * dimension, 1);
      return { name, dtype, shape, bytes: new Uint8Array(count * SIZES[dtype]).fill(fill) };
    }),
  { selector: (tensor) => tensor.name, maxLength: 6 },
);

describe("canonical form", () => {
  it("is sorted, compact, padded to 8 bytes and without metadata", () => {
    const bytes = canonicalSafetensors([
      { name: "b", dtype: "U8", shape: [1], bytes: Uint8Array.of(7) },
      { name: "B", dtype: "U8", shape: [1], bytes: Uint8Array.of(8) },
    ]);
    const header =
      '{"B":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
    expect(Buffer.from(bytes.subarray(8, -2)).toString()).toBe(padded);
    expect([...bytes.subarray(-2)]).toEqual([8, 7]);
    expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(BigInt(padded.length));
  });

  it("reads back as what was written, in any order of the input, and as the only canonical file of it", () => {
    fc.assert(
      fc.property(tensors, (list) => {
        const bytes = canonicalSafetensors(list);
        expect(toHex(canonicalSafetensors(list.toReversed()))).toBe(toHex(bytes));
        const container = readCanonicalSafetensors(bytes);
        if (!container.ok) throw new Error(container.error.detail);
        const byName = (left: TensorView, right: TensorView): number => (left.name < right.name ? -1 : 1);
        expect(container.value.tensors.toSorted(byName)).toEqual(list.toSorted(byName));
        expect(toHex(canonicalSafetensors(container.value.tensors))).toBe(toHex(bytes));
      }),
    );
  });

  it("names are ordered by UTF-16 code units, not by code points", () => {
    const at = (name: string): TensorView => ({ name, dtype: "U8", shape: [0], bytes: new Uint8Array(0) });
    const text = Buffer.from(canonicalSafetensors([at("\uffee"), at("😀")])).toString();
    expect(text.indexOf("😀")).toBeLessThan(text.indexOf("\uffee"));
  });

  it("is refused where the canonical header would be longer than a header may be", () => {
    const container = readCanonicalSafetensors(longestHeader());
    expect(container.ok ? "OK" : container.error.code).toBe("CONTAINER_NOT_CANONICAL");
  });

  const entry = '"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
  const CANONICAL = `{${entry}}   `;
  it.each([
    ["as it should be", CANONICAL, "OK"],
    ["more padding", `${CANONICAL}        `, "CONTAINER_NOT_CANONICAL"],
    ["less padding", CANONICAL.trimEnd(), "CONTAINER_NOT_CANONICAL"],
    ["white space within", CANONICAL.replace(":{", ": {").slice(0, -1), "CONTAINER_NOT_CANONICAL"],
    ["an escaped name", `${CANONICAL.trimEnd().replace("a", String.raw`\u0061`)}      `, "CONTAINER_NOT_CANONICAL"],
    ["metadata", `{"__metadata__":{},${entry}}     `, "CONTAINER_NOT_CANONICAL"],
    ["no container", "{", "CONTAINER_HEADER_SYNTAX"],
  ])("a header with %s", (_, header, code) => {
    const container = readCanonicalSafetensors(file(header));
    expect(container.ok ? "OK" : container.error.code).toBe(code);
  });

  it("what does not fit is our bug", () => {
    const tensor: TensorView = { name: "a", dtype: "F32", shape: [1], bytes: new Uint8Array(4) };
    expect(() => canonicalSafetensors([tensor, tensor])).toThrow(InvariantError);
    expect(() => canonicalSafetensors([{ ...tensor, bytes: new Uint8Array(3) }])).toThrow(InvariantError);
    expect(() => canonicalSafetensors([{ ...tensor, name: "__metadata__" }])).toThrow(InvariantError);
    expect(() => canonicalSafetensors([{ ...tensor, name: "\ud800" }])).toThrow(InvariantError);
  });
});
