// Half-precision conversion against two oracles: the language's own Float16 rounding is not relied upon by the source, so
// it can judge binary16 here; bfloat16 is judged by exact comparison with both neighbours.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bf16FromF32Bits, f16FromF32Bits, f32FromBf16Bits, f32FromF16Bits } from "../../src/tensor/half.ts";

const finiteBits = fc.integer({ min: 0, max: 0xff_ff_ff_ff }).filter((bits) => ((bits >>> 23) & 0xff) !== 0xff);

describe("binary16", () => {
  it("each of the 65536 patterns widens to its value, and narrows back to itself unless NaN", () => {
    const view = new DataView(new ArrayBuffer(2));
    for (let bits = 0; bits <= 0xff_ff; bits += 1) {
      view.setUint16(0, bits);
      const wide = f32FromF16Bits(bits);
      expect(floatOf(wide)).toBe(view.getFloat16(0));
      if (!Number.isNaN(floatOf(wide))) expect(f16FromF32Bits(wide)).toBe(bits);
    }
  });

  it("narrowing rounds to nearest, ties to even", () => {
    fc.assert(
      fc.property(finiteBits, (bits) => {
        expect(f16FromF32Bits(bits)).toBe(nativeF16(floatOf(bits)));
      }),
      { numRuns: 20_000 },
    );
  });

  it("every midpoint of neighbours goes to the even one, and a hair beside it to the nearer one", () => {
    for (let bits = 0; bits < 0x7b_ff; bits += 1) {
      const middle = (floatOf(f32FromF16Bits(bits)) + floatOf(f32FromF16Bits(bits + 1))) / 2;
      const pattern = bitsOf(middle);
      expect(floatOf(pattern)).toBe(middle);
      expect(f16FromF32Bits(pattern)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(f16FromF32Bits(pattern - 1)).toBe(bits);
      expect(f16FromF32Bits(pattern + 1)).toBe(bits + 1);
    }
  });

  it("65520 and above become infinite, below stays finite, signs are kept", () => {
    expect(f16FromF32Bits(bitsOf(65_520))).toBe(0x7c_00);
    expect(f16FromF32Bits(bitsOf(-65_520))).toBe(0xfc_00);
    expect(f16FromF32Bits(bitsOf(65_520) - 1)).toBe(0x7b_ff);
    expect(f16FromF32Bits(0x80_00_00_00)).toBe(0x80_00);
  });
});

describe("bfloat16", () => {
  it("each finite pattern widens and narrows back to itself", () => {
    for (let bits = 0; bits <= 0xff_ff; bits += 1) {
      if ((bits & 0x7f_80) === 0x7f_80) continue;
      expect(f32FromBf16Bits(bits)).toBe(bits * 65_536);
      expect(bf16FromF32Bits(f32FromBf16Bits(bits))).toBe(bits);
    }
  });

  it("narrowing picks the nearest neighbour, of two equally near ones the even", () => {
    fc.assert(
      fc.property(finiteBits, (bits) => {
        const narrow = bf16FromF32Bits(bits);
        const below = bits >>> 16;
        const rest = bits & 0xff_ff;
        const isUp = rest > 0x80_00 || (rest === 0x80_00 && below % 2 === 1);
        expect(narrow).toBe(isUp ? below + 1 : below);
      }),
      { numRuns: 5000 },
    );
  });
});

function nativeF16(value: number): number {
  const view = new DataView(new ArrayBuffer(2));
  view.setFloat16(0, value);
  return view.getUint16(0);
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

function floatOf(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
}
