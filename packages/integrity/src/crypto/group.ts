// The prime-order group of the consensus coin: ristretto255 (RFC 9496) behind a port, so that consensus needs no
// library of its own. Elements are opaque; what comes from a peer enters through `decode*` alone, which is strict.
// Knows nothing of shares, proofs or tickets (consensus/coin).

import { pippenger } from "@noble/curves/abstract/curve.js";
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { assert } from "../assert.ts";
import { type Brand, mint } from "../brand.ts";
import { type Scalar, ZERO_SCALAR } from "./scalar.ts";

export const ELEMENT_SIZE_BYTES = 32;
/** Uniform bytes that make one element without bias. */
export const ELEMENT_SEED_SIZE_BYTES = 64;

/** 2^7 multiples of each of 33 powers: 30 ms to make, ten times as fast afterwards. */
const TABLE_WINDOW_BITS = 8;

const Point: typeof ristretto255.Point = ristretto255.Point;
type Point = InstanceType<typeof ristretto255.Point>;

export type GroupElement = Brand<object, "GroupElement">;

/** A product scalar·element of public values. */
export interface Term {
  readonly scalar: Scalar;
  readonly element: GroupElement;
}

export interface CoinGroup {
  readonly base: GroupElement;
  readonly identity: GroupElement;
  readonly add: (left: GroupElement, right: GroupElement) => GroupElement;
  readonly negate: (element: GroupElement) => GroupElement;
  readonly isEqual: (left: GroupElement, right: GroupElement) => boolean;
  /** scalar · base in constant time: for secret scalars. */
  readonly multiplyBase: (scalar: Scalar) => GroupElement;
  /** scalar · element in constant time: for secret scalars. */
  readonly multiply: (element: GroupElement, scalar: Scalar) => GroupElement;
  /** scalar · element in variable time, fast after `prepared`: for verification, where everything is public. */
  readonly multiplyPublic: (element: GroupElement, scalar: Scalar) => GroupElement;
  /** The element with a table of its multiples, worth its making from about thirty products on. */
  readonly prepared: (element: GroupElement) => GroupElement;
  /** Sum of scalar · element in variable time: for verification, where everything is public. */
  readonly sumOfProducts: (terms: readonly Term[]) => GroupElement;
  /** RFC 9380 hash_to_ristretto255 (SHA-512) with `domain` as its separation tag. */
  readonly hashToElement: (domain: string, message: Uint8Array) => GroupElement;
  /** RFC 9497 HashToScalar (SHA-512) with `domain` as its separation tag. */
  readonly hashToScalar: (domain: string, message: Uint8Array) => Scalar;
  /** RFC 9496 §4.3.4 element derivation from 64 uniform bytes. */
  readonly elementFromUniform: (seed: Uint8Array) => GroupElement;
  readonly encode: (element: GroupElement) => Uint8Array;
  /** The element of a canonical encoding; undefined for anything else, and for the identity. */
  readonly decode: (bytes: Uint8Array) => GroupElement | undefined;
}

export const ristrettoGroup: CoinGroup = {
  base: elementOf(Point.BASE),
  identity: elementOf(Point.ZERO),
  add: (left, right) => elementOf(pointOf(left).add(pointOf(right))),
  negate: (element) => elementOf(pointOf(element).negate()),
  isEqual: (left, right) => pointOf(left).equals(pointOf(right)),
  multiplyBase: (scalar) => multiplySecret(Point.BASE, scalar),
  multiply: (element, scalar) => multiplySecret(pointOf(element), scalar),
  multiplyPublic: (element, scalar) =>
    scalar === ZERO_SCALAR ? elementOf(Point.ZERO) : elementOf(pointOf(element).multiplyUnsafe(scalar)),
  prepared: (element) => elementOf(pointOf(element).precompute(TABLE_WINDOW_BITS, false)),
  sumOfProducts,
  hashToElement: (domain, message) =>
    elementOf(ristretto255_hasher.hashToCurve(message, { DST: separationTag(domain) })),
  hashToScalar: (domain, message) => {
    const scalar = ristretto255_hasher.hashToScalar(message, { DST: separationTag(domain) });
    return mint<Scalar>(scalar);
  },
  elementFromUniform: (seed) => {
    assert(seed.length === ELEMENT_SEED_SIZE_BYTES, "an element derives from 64 uniform bytes");
    return elementOf(ristretto255_hasher.deriveToCurve?.(seed));
  },
  encode: (element) => pointOf(element).toBytes(),
  decode,
};

function decode(bytes: Uint8Array): GroupElement | undefined {
  if (bytes.length !== ELEMENT_SIZE_BYTES) return undefined;
  const point = tryPoint(bytes);
  return point === undefined || point.is0() ? undefined : elementOf(point);
}

function tryPoint(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes);
  } catch (error) {
    // The library's only way to say "not an encoding"; anything but its plain errors is a bug and goes on up.
    if (error instanceof RangeError || error instanceof TypeError) throw error;
    return undefined;
  }
}

function multiplySecret(point: Point, scalar: Scalar): GroupElement {
  // The library refuses 0 as a sign of a broken caller; here it is an honest value (a Lagrange term, a test).
  return scalar === ZERO_SCALAR ? elementOf(Point.ZERO) : elementOf(point.multiply(scalar));
}

/** Below this many terms one product after another beats the bucket method's set-up. */
const BUCKETS_MIN_TERMS = 8;

function sumOfProducts(terms: readonly Term[]): GroupElement {
  const useful = terms.filter((term) => term.scalar !== ZERO_SCALAR && !pointOf(term.element).is0());
  if (useful.length >= BUCKETS_MIN_TERMS) {
    const points = useful.map((term) => pointOf(term.element));
    const scalars: bigint[] = useful.map((term) => term.scalar);
    return elementOf(pippenger(Point, points, scalars));
  }
  let sum = Point.ZERO;
  for (const { scalar, element } of useful) sum = sum.add(pointOf(element).multiplyUnsafe(scalar));
  return elementOf(sum);
}

const SEPARATION_TAG_MAX_BYTES = 255;

function separationTag(domain: string): Uint8Array {
  assert(domain.length > 0 && domain.length <= SEPARATION_TAG_MAX_BYTES, "a domain has 1 to 255 characters");
  const tag = new Uint8Array(domain.length);
  for (let index = 0; index < domain.length; index += 1) {
    const unit = domain.charCodeAt(index);
    assert(unit < 0x80, "a domain is ASCII");
    tag[index] = unit;
  }
  return tag;
}

function elementOf(point: Point | undefined): GroupElement {
  return mint<GroupElement>(pointOf(point));
}

function pointOf(element: object | undefined): Point {
  assert(element instanceof Point, "an element was made by this group");
  return element;
}
