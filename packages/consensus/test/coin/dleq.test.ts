// The batched proof: complete, and bound to every part of its statement.

import {
  type GroupElement,
  type Scalar,
  mustExist,
  ristrettoGroup as group,
  scalarFromBytes,
  scalarFromNumber,
  scalarMultiply,
  scalarSubtract,
} from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type DleqStatement, proveDleq, verifyDleq } from "../../src/coin/dleq.ts";
import { evaluatePolynomial, isOnePolynomial, lagrangeWeights } from "../../src/coin/interpolation.ts";

const secrets = [5, 77, 1234].map(scalarFromNumber);
const point = group.hashToElement("test", Uint8Array.of(1));
const publics = secrets.map((secret) => group.multiplyBase(secret));
const shares = secrets.map((secret) => group.multiply(point, secret));
const statement: DleqStatement = { context: Uint8Array.of(1, 2, 3), point, publics, shares };
const proof = proveDleq(group, statement, secrets);

function swapped(elements: readonly GroupElement[]): readonly GroupElement[] {
  const [first, second, ...rest] = elements;
  return [mustExist(second, "three"), mustExist(first, "three"), ...rest];
}

describe("a DLEQ proof", () => {
  it("holds for what it was made for, one ticket or several, and is deterministic", () => {
    expect(verifyDleq(group, statement, proof)).toBe(true);
    expect(proveDleq(group, statement, secrets)).toEqual(proof);
    const one = { ...statement, publics: publics.slice(0, 1), shares: shares.slice(0, 1) };
    expect(verifyDleq(group, one, proveDleq(group, one, secrets.slice(0, 1)))).toBe(true);
  });

  it.each<readonly [string, Partial<DleqStatement>]>([
    ["another context", { context: Uint8Array.of(1, 2, 4) }],
    ["another point", { point: group.hashToElement("test", Uint8Array.of(2)) }],
    ["swapped shares", { shares: swapped(shares) }],
    ["swapped keys and shares", { publics: swapped(publics), shares: swapped(shares) }],
    ["a share less", { publics: publics.slice(1), shares: shares.slice(1) }],
    ["lists of unequal length", { shares: shares.slice(1) }],
    ["a foreign share", { shares: [...shares.slice(0, 2), group.base] }],
  ])("does not hold for %s", (_, change) => {
    expect(verifyDleq(group, { ...statement, ...change }, proof)).toBe(false);
  });

  it("does not hold with any byte changed", () => {
    for (let at = 0; at < proof.length; at += 1) {
      const damaged = new Uint8Array(proof);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(verifyDleq(group, statement, damaged)).toBe(false);
    }
    expect(verifyDleq(group, statement, proof.subarray(0, 63))).toBe(false);
    expect(verifyDleq(group, statement, new Uint8Array(64))).toBe(false);
  });

  it("has a nonce that depends on the secret: what is public does not give the secret away", () => {
    const one = { ...statement, publics: publics.slice(0, 1), shares: shares.slice(0, 1) };
    const nonceFor = (secret: Scalar): Scalar => {
      const made = proveDleq(group, one, [secret]);
      const [challenge, response] = [made.subarray(0, 32), made.subarray(32)].map((half) => scalarFromBytes(half));
      const known = scalarMultiply(mustExist(challenge, "reduced"), secret);
      return scalarSubtract(mustExist(response, "reduced"), known);
    };
    expect(nonceFor(scalarFromNumber(5))).not.toBe(nonceFor(scalarFromNumber(6)));
  });

  it("does not hold for errors that cancel in an unweighted sum", () => {
    const error = group.hashToElement("test", Uint8Array.of(3));
    const [first, second, third] = shares.map((share) => mustExist(share, "three"));
    const cancelling = [
      group.add(mustExist(first, "three"), error),
      group.add(mustExist(second, "three"), group.negate(error)),
      mustExist(third, "three"),
    ];
    const lie = { ...statement, shares: cancelling };
    expect(verifyDleq(group, lie, proveDleq(group, lie, secrets))).toBe(false);
  });
});

describe("interpolation", () => {
  const coefficients = [42, 7, 3].map(scalarFromNumber);
  const elements = [0, 1, 2, 3, 4, 5].map((x) => group.multiplyBase(evaluatePolynomial(coefficients, x)));

  it("evaluates by Horner's rule: 42 + 7·5 + 3·25 = 152", () => {
    expect(evaluatePolynomial(coefficients, 5)).toBe(152n);
  });

  it("any three points of degree 2 give the value at zero", () => {
    for (const xs of [
      [1, 2, 3],
      [2, 5, 4],
    ]) {
      const weights = lagrangeWeights(xs);
      const terms = xs.map((x, at) => ({
        scalar: mustExist(weights[at], "one each"),
        element: mustExist(elements[x], "six"),
      }));
      expect(group.isEqual(group.sumOfProducts(terms), mustExist(elements[0], "six"))).toBe(true);
    }
  });

  it("tells one polynomial of bounded degree from anything else", () => {
    expect(isOnePolynomial(group, elements, 2)).toBe(true);
    expect(isOnePolynomial(group, elements, 4)).toBe(true);
    expect(isOnePolynomial(group, elements, 1)).toBe(false);
    expect(isOnePolynomial(group, [...elements.slice(0, 5), group.base], 2)).toBe(false);
    expect(isOnePolynomial(group, elements.slice(0, 2), 1)).toBe(true);
  });
});
