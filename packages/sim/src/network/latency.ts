// One-way delays by distribution. Every one is drawn by its quantile function from one uniform draw: streams stay aligned
// when a scenario changes one distribution for another, and `delayQuantileMs` is the same function asked directly.
// The matrix distribution is laid out in matrix-delays.ts.

import { MICROS_PER_MS } from "../kernel/time.ts";
import type { LatencySpec } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import { DELAY_MAX_MS } from "./limits.ts";
import { normalQuantile } from "./normal-quantile.ts";

/** Everything but "matrix": distributions that are the same on all links. */
export type DistributionSpec = Exclude<LatencySpec, { type: "matrix" }>;
type EmpiricalSpec = Extract<LatencySpec, { type: "empirical" }>;

/**
 * Delay in microseconds (not rounded) at a share in [0, 1). Null: the delay is constant and nothing needs to be drawn.
 * - uniform: between `minMs` and `maxMs`.
 * - normal: mean `meanMs`, standard deviation `stdMs`; what would be negative is 0.
 * - logNormal: median `medianMs`; `sigma` is the standard deviation of the logarithm. Mean: medianMs · exp(sigma² / 2).
 * - exponential: never below `minMs`, `meanMs` on average in all.
 * - pareto: never below `minMs`, P(delay > x) = (minMs / x)^shape. Mean: minMs · shape / (shape - 1) for shape > 1.
 * - laplace: mean and median `meanMs`, mean absolute deviation `scaleMs`; what would be negative is 0.
 * - empirical: straight lines between the quantiles given.
 * No delay is longer than DELAY_MAX_MS.
 */
export type DelayQuantile = (share: number) => number;

/** Smallest share that the logarithms below can take; half a step of the 32-bit draws. */
const SHARE_MIN = 2 ** -33;
const DELAY_MAX_US = DELAY_MAX_MS * MICROS_PER_MS;

export function delayQuantileOf(spec: DistributionSpec): DelayQuantile | null {
  const quantile = unboundedQuantileOf(spec);
  if (quantile === null) return null;
  return (share) => Math.min(DELAY_MAX_US, Math.max(0, quantile(Math.max(SHARE_MIN, share)) * MICROS_PER_MS));
}

/** In milliseconds: what this share of the messages does not exceed. */
export function delayQuantileMs(spec: DistributionSpec, share: number): number {
  if (spec.type === "constant") return spec.ms;
  return (delayQuantileOf(spec)?.(share) ?? 0) / MICROS_PER_MS;
}

/** Milliseconds by share, not yet bounded; null for a constant. */
function unboundedQuantileOf(spec: DistributionSpec): DelayQuantile | null {
  switch (spec.type) {
    case "constant":
      return null;
    case "uniform":
      mustBe(spec.maxMs >= spec.minMs, "network.latency.maxMs must not be below minMs");
      return (share) => spec.minMs + share * (spec.maxMs - spec.minMs);
    case "normal":
      return (share) => spec.meanMs + spec.stdMs * normalQuantile(share);
    case "logNormal":
      return (share) => spec.medianMs * Math.exp(spec.sigma * normalQuantile(share));
    case "exponential":
      mustBe(
        spec.meanMs >= spec.minMs,
        "network.latency.meanMs must not be below minMs: it is the mean of the whole delay",
      );
      return (share) => spec.minMs - (spec.meanMs - spec.minMs) * Math.log(1 - share);
    case "pareto":
      return (share) => spec.minMs * Math.exp(-Math.log(1 - share) / spec.shape);
    case "laplace":
      return (share) => spec.meanMs + spec.scaleMs * standardLaplace(share);
    case "empirical":
      return empiricalQuantile(spec);
  }
}

function standardLaplace(share: number): number {
  return share < 0.5 ? Math.log(2 * share) : -Math.log(2 * (1 - share));
}

function empiricalQuantile({ shares, ms }: Omit<EmpiricalSpec, "type">): DelayQuantile {
  mustBe(shares.length === ms.length, "network.latency.shares and network.latency.ms must have the same length");
  mustBe(shares[0] === 0 && shares.at(-1) === 1, "network.latency.shares must go from 0 to 1");
  mustBe(isAscending(shares) && isAscending(ms), "network.latency.shares and network.latency.ms must ascend");
  const knots = Float64Array.from(shares);
  const values = Float64Array.from(ms);
  return (share) => {
    let right = 1;
    while (right < knots.length - 1 && (knots[right] ?? 1) < share) right += 1;
    const from = knots[right - 1] ?? 0;
    const low = values[right - 1] ?? 0;
    const width = (knots[right] ?? 1) - from;
    if (width === 0) return values[right] ?? low;
    return low + (((values[right] ?? low) - low) * (share - from)) / width;
  };
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number >= (numbers[index - 1] ?? number));
}

function mustBe(isSo: boolean, message: string): void {
  if (!isSo) throw new SimInputError("SIM_SCENARIO_INVALID", message);
}
