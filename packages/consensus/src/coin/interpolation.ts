// Polynomials over the scalars of the coin's group: evaluation, Lagrange weights at zero, and the test that a list of
// group elements lies on one polynomial of bounded degree. x-coordinates are ticket numbers; 0 is the group key's.

import {
  type CoinGroup,
  type GroupElement,
  type Scalar,
  ZERO_SCALAR,
  mustExist,
  scalarAdd,
  scalarFromNumber,
  scalarInvert,
  scalarMultiply,
  scalarNegate,
} from "@selvedge/integrity";
import { bigEndian32 } from "../hash-draw.ts";
import { concatenated } from "./bytes.ts";

const ONE: Scalar = scalarFromNumber(1);
const DUAL_DOMAIN = "selvedge/1/coin-dual";

/** Coefficients from the constant term up (Horner). */
export function evaluatePolynomial(coefficients: readonly Scalar[], x: number): Scalar {
  const at = scalarFromNumber(x);
  return coefficients.toReversed().reduce((value, term) => scalarAdd(scalarMultiply(value, at), term), ZERO_SCALAR);
}

/** λ_i with Σ λ_i · f(x_i) = f(0) for every f of degree below the number of points: Π_{j≠i} x_j / (x_j − x_i). */
export function lagrangeWeights(xs: readonly number[]): readonly Scalar[] {
  return xs.map((xi) => {
    const others = xs.filter((x) => x !== xi).map(scalarFromNumber);
    const numerator = others.reduce(scalarMultiply, ONE);
    const denominator = productOfDifferences(others, scalarFromNumber(xi));
    return scalarMultiply(numerator, scalarInvert(denominator));
  });
}

/**
 * True iff elements[x] = f(x) · base for one f of degree ≤ `degree`, x = 0, 1, …: their combination with a random word of
 * the dual code is the identity (SCRAPE, Cascudo–David 2017). The word is hashed from the elements, all public.
 */
export function isOnePolynomial(group: CoinGroup, elements: readonly GroupElement[], degree: number): boolean {
  const seed = concatenated(elements.map((element) => group.encode(element)));
  const dualDegree = elements.length - degree - 2;
  if (dualDegree < 0) return true; // as many points as coefficients: every list is a polynomial
  const dual = Array.from({ length: dualDegree + 1 }, (_, position) =>
    group.hashToScalar(DUAL_DOMAIN, concatenated([bigEndian32(position), seed])),
  );
  const xs = elements.map((_, x) => scalarFromNumber(x));
  const sum = group.sumOfProducts(
    elements.map((element, x) => {
      const at = mustExist(xs[x], "every element has its x");
      const code = scalarInvert(
        productOfDifferences(
          xs.filter((other) => other !== at),
          at,
        ),
      );
      return { scalar: scalarMultiply(code, evaluatePolynomial(dual, x)), element };
    }),
  );
  return group.isEqual(sum, group.identity);
}

/** Π (x_j − x) */
function productOfDifferences(xs: readonly Scalar[], x: Scalar): Scalar {
  const minusX = scalarNegate(x);
  return xs.reduce((product, other) => scalarMultiply(product, scalarAdd(other, minusX)), ONE);
}
