// Scalars of the coin's group: integers modulo its order l. Values from a peer enter through `scalarFromBytes`, which
// refuses what is not reduced; values from a hash or a seed through `scalarFromBytesWide`, which reduces 64 bytes.

import { ristretto255 } from "@noble/curves/ed25519.js";
import { assert } from "../assert.ts";
import { type Brand, mint } from "../brand.ts";

export type Scalar = Brand<bigint, "Scalar">;

export const SCALAR_SIZE_BYTES = 32;
export const SCALAR_WIDE_SIZE_BYTES = 64;

const field: typeof ristretto255.Point.Fn = ristretto255.Point.Fn;

export const ZERO_SCALAR: Scalar = mint<Scalar>(0n);

export function scalarFromNumber(value: number): Scalar {
  assert(Number.isSafeInteger(value) && value >= 0, "a small scalar is a non-negative safe integer");
  return mint<Scalar>(BigInt(value));
}

/** The scalar of 32 little-endian bytes; undefined unless they are exactly 32 and below l. */
export function scalarFromBytes(bytes: Uint8Array): Scalar | undefined {
  if (bytes.length !== SCALAR_SIZE_BYTES) return undefined;
  const value = integerOf(bytes);
  return value < field.ORDER ? mint<Scalar>(value) : undefined;
}

/** 64 little-endian bytes modulo l: without visible bias if the bytes are uniform. */
export function scalarFromBytesWide(bytes: Uint8Array): Scalar {
  assert(bytes.length === SCALAR_WIDE_SIZE_BYTES, "a wide scalar is made of 64 bytes");
  return mint<Scalar>(integerOf(bytes) % field.ORDER);
}

export function scalarToBytes(scalar: Scalar): Uint8Array {
  return field.toBytes(scalar);
}

export function scalarAdd(left: Scalar, right: Scalar): Scalar {
  return mint<Scalar>(field.add(left, right));
}

export function scalarSubtract(left: Scalar, right: Scalar): Scalar {
  return mint<Scalar>(field.sub(left, right));
}

export function scalarMultiply(left: Scalar, right: Scalar): Scalar {
  return mint<Scalar>(field.mul(left, right));
}

export function scalarNegate(scalar: Scalar): Scalar {
  return mint<Scalar>(field.neg(scalar));
}

/** 1/scalar mod l; the caller shows that the scalar is not zero. */
export function scalarInvert(scalar: Scalar): Scalar {
  assert(scalar !== ZERO_SCALAR, "zero has no inverse");
  return mint<Scalar>(field.inv(scalar));
}

function integerOf(littleEndian: Uint8Array): bigint {
  let value = 0n;
  for (let index = littleEndian.length - 1; index >= 0; index -= 1) {
    value = value * 256n + BigInt(littleEndian[index] ?? 0);
  }
  return value;
}
