// The weighted mean of a set of deltas, the default aggregator: Σ (weight × scale ÷ total weight) × delta.

import { assert } from "@selvedge/integrity";
import type { Kernel, WeightedDelta } from "./delta-set.ts";

/**
 * Order of operations: the total is summed in commit order; the coefficient of an update is (weight × scale) ÷ total;
 * each coordinate starts at 0 and adds coefficient × value in commit order. Coordinates are independent, so a SIMD
 * kernel may take several at once, but must not fuse the multiplication with the addition.
 */
export const weightedMean: Kernel = (deltas, tensor) => {
  const coefficients = coefficientsOf(deltas);
  const sum = new Float64Array(deltas[0]?.delta[tensor]?.length ?? 0);
  deltas.forEach(({ delta }, position) => {
    addScaled(sum, delta[tensor] ?? new Float32Array(0), coefficients[position] ?? 0);
  });
  return sum;
};

function coefficientsOf(deltas: readonly WeightedDelta[]): readonly number[] {
  const total = deltas.reduce((sum, { weight }) => sum + weight, 0);
  assert(total > 0, "certified updates have positive weight");
  return deltas.map(({ weight, scale }) => (weight * scale) / total);
}

function addScaled(sum: Float64Array, values: Float32Array, coefficient: number): void {
  for (let index = 0; index < sum.length; index += 1) {
    sum[index] = (sum[index] ?? 0) + coefficient * (values[index] ?? 0);
  }
}
