// ristretto255 against RFC 9496 (encodings, multiples, derivation) and RFC 9497 (hash to group with a domain).

import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { ristrettoGroup as group } from "../../src/crypto/group.ts";
import { scalarFromBytes, scalarFromNumber } from "../../src/crypto/scalar.ts";
import { describeWithData, fromHex, readJson, toHex } from "../support/shared-data.ts";

const RFC_9496 = "vectors/ristretto255-rfc9496.json";
const RFC_9497 = "vectors/voprf-dleq-rfc9497.json.gz";

interface Rfc9496 {
  readonly smallMultiples: readonly string[];
  readonly badEncodings: readonly string[];
  readonly labels: readonly string[];
  readonly labelsToPoints_sha512: readonly string[];
  readonly uniformToPoint: readonly { readonly in: string; readonly out: string }[];
}

describeWithData("ristretto255: RFC 9496", [RFC_9496], () => {
  const vectors = readJson<Rfc9496>(RFC_9496);

  it("A.1: the multiples of the base encode as published, by every way of multiplying", () => {
    let sum = group.identity;
    for (const [multiple, encoding] of vectors.smallMultiples.entries()) {
      const scalar = scalarFromNumber(multiple);
      expect(toHex(group.encode(sum))).toBe(encoding);
      expect(toHex(group.encode(group.multiplyBase(scalar)))).toBe(encoding);
      expect(toHex(group.encode(group.multiply(group.base, scalar)))).toBe(encoding);
      expect(toHex(group.encode(group.sumOfProducts([{ scalar, element: group.base }])))).toBe(encoding);
      sum = group.add(sum, group.base);
    }
  });

  it("A.1: published encodings decode to themselves, the identity's does not decode", () => {
    const [identity = "", ...others] = vectors.smallMultiples;
    expect(group.decode(fromHex(identity))).toBeUndefined();
    for (const encoding of others) {
      const element = group.decode(fromHex(encoding));
      expect(element === undefined ? "" : toHex(group.encode(element))).toBe(encoding);
    }
  });

  it("A.2: bad encodings do not decode, nor do other sizes", () => {
    expect(vectors.badEncodings.length).toBe(29);
    for (const encoding of vectors.badEncodings) expect(group.decode(fromHex(encoding)), encoding).toBeUndefined();
    const good = group.encode(group.base);
    expect(group.decode(good.subarray(1))).toBeUndefined();
    expect(group.decode(new Uint8Array([...good, 0]))).toBeUndefined();
  });

  it("A.3: elements derive from uniform bytes as published", () => {
    for (const { in: seed, out } of vectors.uniformToPoint) {
      expect(toHex(group.encode(group.elementFromUniform(fromHex(seed))))).toBe(out);
    }
    for (const [index, label] of vectors.labels.entries()) {
      const seed = new Uint8Array(createHash("sha512").update(label).digest());
      expect(toHex(group.encode(group.elementFromUniform(seed)))).toBe(vectors.labelsToPoints_sha512[index]);
    }
  });
});

interface OprfVector {
  readonly Blind: string;
  readonly BlindedElement: string;
  readonly Input: string;
}

interface OprfSuite {
  readonly identifier: string;
  readonly mode: number;
  readonly vectors: readonly OprfVector[];
}

describeWithData("ristretto255: RFC 9497", [RFC_9497], () => {
  const suites = readJson<readonly OprfSuite[]>(RFC_9497).filter((suite) => suite.identifier === "ristretto255-SHA512");

  it("a blinded input is blind · hashToElement(input), with the suite's domain", () => {
    const cases = suites.flatMap(({ identifier, mode, vectors }) => {
      const domain = `HashToGroup-OPRFV1-${String.fromCharCode(mode)}-${identifier}`;
      return vectors.flatMap((vector) => casesOf(vector).map((one) => ({ ...one, domain })));
    });
    expect(cases.length).toBeGreaterThan(5);
    for (const { domain, input, blind, blinded } of cases) {
      const scalar = scalarFromBytes(fromHex(blind));
      if (scalar === undefined) throw new Error("a published blind is a scalar");
      const element = group.multiply(group.hashToElement(domain, fromHex(input)), scalar);
      expect(toHex(group.encode(element))).toBe(blinded);
    }
  });
});

/** A batch's fields are lists of equal length, joined by commas. */
function casesOf({ Blind, BlindedElement, Input }: OprfVector): { input: string; blind: string; blinded: string }[] {
  const blinds = Blind.split(",");
  const elements = BlindedElement.split(",");
  return Input.split(",").map((input, index) => ({
    input,
    blind: blinds[index] ?? "",
    blinded: elements[index] ?? "",
  }));
}
