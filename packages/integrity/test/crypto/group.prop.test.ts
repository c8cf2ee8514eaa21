// The group and its scalars keep the laws that threshold shares and their proofs rest upon.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import { type GroupElement, ristrettoGroup as group } from "../../src/crypto/group.ts";
import {
  type Scalar,
  ZERO_SCALAR,
  scalarAdd,
  scalarFromBytes,
  scalarFromBytesWide,
  scalarFromNumber,
  scalarInvert,
  scalarMultiply,
  scalarNegate,
  scalarSubtract,
  scalarToBytes,
} from "../../src/crypto/scalar.ts";
import { toHex } from "../support/shared-data.ts";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const FEW = { numRuns: 25 };

const scalars: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ minLength: 64, maxLength: 64 }).map(scalarFromBytesWide) },
  { weight: 1, arbitrary: fc.nat(3).map(scalarFromNumber) },
);
const elements: fc.Arbitrary<GroupElement> = fc
  .uint8Array({ maxLength: 20 })
  .map((seed) => group.hashToElement("t", seed));

describe("scalars", () => {
  it("form a field", () => {
    fc.assert(
      fc.property(scalars, scalars, scalars, (a, b, c) => {
        expect(scalarMultiply(a, scalarAdd(b, c))).toBe(scalarAdd(scalarMultiply(a, b), scalarMultiply(a, c)));
        expect(scalarAdd(scalarSubtract(a, b), b)).toBe(a);
        expect(scalarAdd(a, scalarNegate(a))).toBe(ZERO_SCALAR);
        if (a !== ZERO_SCALAR) expect(scalarMultiply(a, scalarInvert(a))).toBe(1n);
      }),
    );
  });

  it("come back from their bytes, and only reduced bytes are scalars", () => {
    fc.assert(
      fc.property(scalars, (scalar) => {
        expect(scalarFromBytes(scalarToBytes(scalar))).toBe(scalar);
      }),
    );
    expect(scalarFromBytes(littleEndian(ORDER - 1n))).toBe(ORDER - 1n);
    expect(scalarFromBytes(littleEndian(ORDER))).toBeUndefined();
    expect(scalarFromBytes(new Uint8Array(32).fill(0xff))).toBeUndefined();
    expect(scalarFromBytes(new Uint8Array(31))).toBeUndefined();
  });

  it("reduce 64 bytes modulo the order", () => {
    const wide = new Uint8Array(64).fill(0xff);
    expect(scalarFromBytesWide(wide)).toBe((2n ** 512n - 1n) % ORDER);
    expect(() => scalarFromBytesWide(new Uint8Array(63))).toThrow(InvariantError);
  });

  it("zero has no inverse, and a negative number is no scalar", () => {
    expect(() => scalarInvert(ZERO_SCALAR)).toThrow(InvariantError);
    expect(() => scalarFromNumber(-1)).toThrow(InvariantError);
  });
});

describe("group", () => {
  it("multiplication distributes over addition of scalars and of elements", () => {
    fc.assert(
      fc.property(scalars, scalars, elements, elements, (a, b, p, q) => {
        const split = group.add(group.multiply(p, a), group.multiply(p, b));
        expect(group.isEqual(group.multiply(p, scalarAdd(a, b)), split)).toBe(true);
        const sum = group.multiply(group.add(p, q), a);
        expect(group.isEqual(sum, group.add(group.multiply(p, a), group.multiply(q, a)))).toBe(true);
        expect(group.isEqual(group.add(p, group.negate(p)), group.identity)).toBe(true);
      }),
      FEW,
    );
  });

  it("a sum of products equals the products summed, for few terms and for many", () => {
    const terms = fc.array(fc.record({ scalar: scalars, element: elements }), { maxLength: 12 });
    fc.assert(
      fc.property(terms, (list) => {
        const slow = list.reduce(
          (sum, { scalar, element }) => group.add(sum, group.multiply(element, scalar)),
          group.identity,
        );
        expect(group.isEqual(group.sumOfProducts(list), slow)).toBe(true);
      }),
      FEW,
    );
  });

  it("a sum of many products survives the identity and zero among its terms", () => {
    const terms = Array.from({ length: 10 }, () => ({ scalar: scalarFromNumber(2), element: group.base }));
    const padded = [
      ...terms,
      { scalar: ZERO_SCALAR, element: group.base },
      { scalar: scalarFromNumber(5), element: group.identity },
    ];
    expect(group.isEqual(group.sumOfProducts(padded), group.multiplyBase(scalarFromNumber(20)))).toBe(true);
    expect(group.isEqual(group.sumOfProducts([]), group.identity)).toBe(true);
  });

  it("what encodes decodes to the same element", () => {
    fc.assert(
      fc.property(elements, (element) => {
        const decoded = group.decode(group.encode(element));
        expect(decoded !== undefined && group.isEqual(decoded, element)).toBe(true);
      }),
      FEW,
    );
  });

  it("decode never throws and accepts canonical encodings alone", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const element = group.decode(bytes);
        if (element !== undefined) expect(toHex(group.encode(element))).toBe(toHex(bytes));
      }),
    );
  });

  it("domains keep hashes apart", () => {
    const message = Uint8Array.of(1);
    expect(group.isEqual(group.hashToElement("a", message), group.hashToElement("b", message))).toBe(false);
    expect(group.hashToScalar("a", message)).not.toBe(group.hashToScalar("b", message));
    expect(group.hashToScalar("a", message)).toBe(group.hashToScalar("a", message));
    expect(() => group.hashToElement("", message)).toThrow(InvariantError);
    expect(() => group.hashToElement("ü", message)).toThrow(InvariantError);
  });

  it("an element that the group did not make is our bug", () => {
    expect(() => group.elementFromUniform(new Uint8Array(63))).toThrow(InvariantError);
  });
});

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}
