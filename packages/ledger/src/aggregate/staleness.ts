// The weight with which an update counts (U7), as a fixed-point integer: it stands in the version record, so it is
// computed in integers and equals the real number rounded down.

import { assert } from "@selvedge/integrity";

export interface WeightInput {
  readonly sampleCount: number;
  readonly sampleWeightMax: number;
  /** Versions that the update's base lies behind the current one. */
  readonly staleness: number;
}

/** Fraction bits of a weight. */
const WEIGHT_FRACTION_BITS = 16;

/** Beyond this many samples a weight would not be a safe integer. */
const SAMPLES_MAX = 2 ** 36;

/** ⌊min(samples, sampleWeightMax) × 2^16 ÷ √(1 + staleness)⌋, at least 1. */
export function updateWeight({ sampleCount, sampleWeightMax, staleness }: WeightInput): number {
  assert(Number.isSafeInteger(staleness) && staleness >= 0, "staleness is a count");
  const samples = BigInt(Math.min(sampleCount, sampleWeightMax, SAMPLES_MAX));
  // ⌊x ÷ √y⌋ = ⌊√⌊x² ÷ y⌋⌋ for integers: no rounding anywhere but down.
  const scaled = samples << BigInt(WEIGHT_FRACTION_BITS);
  const weight = integerRoot((scaled * scaled) / BigInt(1 + staleness));
  return Math.max(1, Number(weight));
}

/** ⌊√value⌋ by Newton's method from above. */
function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}
