// The seeded randomness of the demonstration: drawn digits, the split over devices, initial weights, batch order.
// A stream is named by (seed, purpose, index), so that one more device or one more digit changes no other draw.
// It is xoshiro128** seeded by SHA-256 of the name. It is not for keys, nonces or coins.
import { sha256 } from "@noble/hashes/sha2.js";

/** What names a stream. Two different keys give independent streams. */
export interface StreamKey {
  readonly seed: string;
  readonly purpose: string;
  readonly index: number;
}

const TWO_TO_32 = 4_294_967_296;
const TWO_TO_21 = 2_097_152;
const TWO_TO_53 = 9_007_199_254_740_992;

export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  /** The second of a pair of normals, kept until it is asked for. */
  #spareNormal: number | null = null;

  constructor(key: StreamKey) {
    // JSON keeps the parts apart: ("a", "b1") and ("ab", "1") are different names.
    const name = JSON.stringify([key.seed, key.purpose, key.index]);
    const state = new DataView(sha256(new TextEncoder().encode(name)).buffer);
    this.#a = state.getInt32(0);
    this.#b = state.getInt32(4);
    this.#c = state.getInt32(8);
    // The all-zero state is the one fixed point; the constant keeps us off it.
    this.#d = state.getInt32(12) | 1;
  }

  uint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** In [0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32();
    return (high * TWO_TO_21 + (this.uint32() >>> 11)) / TWO_TO_53;
  }

  between(low: number, high: number): number {
    return low + (high - low) * (this.uint32() / TWO_TO_32);
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== null) {
      this.#spareNormal = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Gamma(shape, 1), by Marsaglia and Tsang; a shape below 1 is boosted by one and scaled back. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const normal = this.normal();
      const v = (1 + c * normal) ** 3;
      if (v <= 0) continue;
      const accept = Math.log(1 - this.uniform());
      if (accept < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Shares that sum to one, Dirichlet(alpha, …, alpha). */
  dirichlet(alpha: number, count: number): readonly number[] {
    return normalised(Array.from({ length: count }, () => this.gamma(alpha)));
  }

  /** The numbers 0 … count−1 in random order (Fisher and Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, position) => position);
    for (let last = count - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const held = order[last] ?? 0;
      order[last] = order[other] ?? 0;
      order[other] = held;
    }
    return order;
  }

  shuffled<Item>(items: readonly Item[]): readonly Item[] {
    return Array.from(this.permutation(items.length), (position) => items[position]).filter(
      (item): item is Item => item !== undefined,
    );
  }
}

/** Scales to a sum of one. With a tiny alpha all may underflow to zero: then the first takes all. */
export function normalised(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total > 0) return weights.map((weight) => weight / total);
  return weights.map((_, position) => (position === 0 ? 1 : 0));
}
