// Strict UTF-8, judged by the platform's fatal decoder.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../src/assert.ts";
import { textFromUtf8, utf8FromText } from "../src/utf8.ts";
import { describeWithData, readData } from "./support/shared-data.ts";

const CORPUS = "malformed/utf8_corpus_kuhn.txt.gz";

function platformText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

describe("UTF-8", () => {
  it("text comes back from its bytes, which are the platform's", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bytes = utf8FromText(text);
        expect(bytes).toEqual(new TextEncoder().encode(text));
        expect(textFromUtf8(bytes)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("every code point at an edge is kept", () => {
    for (const codePoint of [
      0, 0x7f, 0x80, 0x7_ff, 0x8_00, 0xd7_ff, 0xe0_00, 0xfe_ff, 0xff_ff, 0x1_00_00, 0x10_ff_ff,
    ]) {
      const text = String.fromCodePoint(codePoint);
      expect(textFromUtf8(utf8FromText(text))).toBe(text);
    }
  });

  it("sequences of lead and continuation bytes are decided as by the platform", () => {
    const byte = fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 6 }), (list) => {
        const bytes = Uint8Array.from(list);
        expect(textFromUtf8(bytes)).toBe(platformText(bytes));
      }),
      { numRuns: 20_000 },
    );
  });

  it("surrogates are no text, whichever and wherever", () => {
    for (let unit = 0xd8_00; unit <= 0xdf_ff; unit += 1) {
      const bytes = Uint8Array.of(0x41, 0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
      expect(textFromUtf8(bytes)).toBeUndefined();
    }
  });

  it("a lone surrogate has no bytes", () => {
    expect(() => utf8FromText("\ud800")).toThrow(InvariantError);
  });
});

describeWithData("UTF-8: Kuhn's stress test", [CORPUS], () => {
  it("every line is decided as by the platform", () => {
    let line: number[] = [];
    let lines = 0;
    for (const byte of [...readData(CORPUS), 0x0a]) {
      if (byte !== 0x0a) {
        line.push(byte);
        continue;
      }
      const bytes = Uint8Array.from(line);
      const text = textFromUtf8(bytes);
      expect(text).toBe(platformText(bytes));
      lines += 1;
      line = [];
    }
    expect(lines).toBeGreaterThan(10);
  });
});
