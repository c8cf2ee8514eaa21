// What an aggregation kernel works on: the decoded deltas of the certified set, in commit order. A kernel uses only
// + − × ÷, square root and comparison on float64, never fused multiply-add, and leaves rounding to float32 to
// run-aggregation.ts, which does it once (docs/architecture.md, "Determinism of numbers").

/** One update: a Float32Array per tensor, in the model's order of tensors. */
export type Delta = readonly Float32Array[];

export interface WeightedDelta {
  readonly delta: Delta;
  /** Weight of the update; only the ratios count. */
  readonly weight: number;
  /** Clip factor in [0, 1]: the delta that counts is scale × delta. */
  readonly scale: number;
}

/** Adds up one tensor of all deltas into float64; `tensor` is its position. */
export type Kernel = (deltas: readonly WeightedDelta[], tensor: number) => Float64Array;
