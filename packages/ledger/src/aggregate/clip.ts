// Norms of deltas and clipping to the median norm of the set. Called by run-aggregation.ts and, for the hard bound, by
// the check before an ack. Pure arithmetic; the order of additions below is part of the protocol.

import { assert } from "@selvedge/integrity";
import type { Delta } from "./delta-set.ts";

const LANES = 4;

/**
 * L2 norm in float64. Lane order: within a tensor, element i is squared and added to lane i mod 4, ascending; the
 * tensor's sum is (lane 0 + lane 1) + (lane 2 + lane 3); tensors are added to a total that starts at 0, in the model's
 * order. The square of a float32 is exact in float64, so a fused multiply-add would give the same bits.
 */
export function normOf(delta: Delta): number {
  let total = 0;
  for (const tensor of delta) total += sumOfSquares(tensor);
  return Math.sqrt(total);
}

function sumOfSquares(tensor: Float32Array): number {
  const lanes = new Float64Array(LANES);
  for (let index = 0; index < tensor.length; index += 1) {
    const value = tensor[index] ?? 0;
    const lane = index % LANES;
    lanes[lane] = (lanes[lane] ?? 0) + value * value;
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = lanes;
  return first + second + (third + fourth);
}

/** Lower median of the norms: of an even number the smaller of the middle two. */
export function lowerMedian(values: readonly number[]): number {
  assert(values.length > 0, "a median is of at least one value");
  const ascending = [...values].sort((left, right) => left - right);
  return ascending[(ascending.length - 1) >> 1] ?? 0;
}

/** min(1, median / norm) for each norm, so that no delta counts with more than the median norm of the set. */
export function clipScales(norms: readonly number[]): readonly number[] {
  const median = lowerMedian(norms);
  return norms.map((norm) => (norm > median ? median / norm : 1));
}
