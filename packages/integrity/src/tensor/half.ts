// Half-precision floats, bit by bit: IEEE 754 binary16 ("F16") and bfloat16 ("BF16"). Widening is exact; narrowing rounds
// to nearest, ties to even, and answers with infinity where the value is too large, which the caller then refuses.
// Works on the bits of binary32 so that no platform's conversion has a say.

/** Bits of a binary16 for the bits of a finite binary32. */
export function f16FromF32Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x80_00;
  const magnitude = bits & 0x7f_ff_ff_ff;
  // 65520 and above round to infinity: halfway between the largest finite binary16 and the next power of two.
  if (magnitude >= 0x47_7f_f0_00) return sign | 0x7c_00;
  // 2^-14 is the least normal binary16.
  if (magnitude >= 0x38_80_00_00) return sign | (roundedShift(magnitude, 13) - ((127 - 15) << 10));
  // Below half of the least subnormal (2^-25, whose tie goes to even) nothing is left.
  if (magnitude <= 0x33_00_00_00) return sign;
  const exponent = magnitude >>> 23;
  const significand = (magnitude & 0x7f_ff_ff) | 0x80_00_00;
  return sign | roundedShift(significand, 126 - exponent);
}

/** Bits of the binary32 that equals a binary16. */
export function f32FromF16Bits(bits: number): number {
  const sign = (bits & 0x80_00) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3_ff;
  if (exponent === 0x1f) return (sign | 0x7f_80_00_00 | (fraction << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 127 - 15) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // Subnormal: shift the leading 1 up to where it is implied.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((127 - 14 - shift) << 23) | (((fraction << shift) & 0x3_ff) << 13)) >>> 0;
}

/** Bits of a bfloat16 for the bits of a finite binary32: the upper half, rounded. */
export function bf16FromF32Bits(bits: number): number {
  return ((bits >>> 16) & 0x80_00) | roundedShift(bits & 0x7f_ff_ff_ff, 16);
}

/** Bits of the binary32 that equals a bfloat16. */
export function f32FromBf16Bits(bits: number): number {
  return (bits << 16) >>> 0;
}

/** value / 2^shift to nearest, ties to even. A carry out of the significand is the next exponent, as it should be. */
function roundedShift(value: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const isOdd = (value >>> shift) & 1;
  return (value + half - 1 + isOdd) >>> shift;
}
