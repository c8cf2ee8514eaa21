// The delay from one node to another, by the scenario's latency: a constant, a draw from one distribution for all links, or half
// the round trip between the nodes' regions with jitter around it.

import type { ChoiceStreams } from "../kernel/decisions.ts";
import { MICROS_PER_MS } from "../kernel/time.ts";
import type { LatencySpec } from "../scenario/schema.ts";
import { type DelayQuantile, type DistributionSpec, delayQuantileMs, delayQuantileOf } from "./latency.ts";
import { type LinkChoices, linkChoicesOf } from "./link-choices.ts";
import { type MatrixDelays, type MatrixLibrary, type MatrixSpec, findMatrix, matrixDelaysOf } from "./matrix.ts";
import { normalQuantile } from "./normal-quantile.ts";

export interface LinkDelays {
  /** In microseconds, not rounded. Draws once, or not at all. */
  readonly delayUs: (from: number, to: number) => number;
}

export interface LinkDelayContext {
  readonly size: number;
  readonly streams: ChoiceStreams;
  readonly matrices?: MatrixLibrary;
}

const PURPOSE = "network.latency";
const SHARE_MIN = 2 ** -33;

export function createLinkDelays(spec: LatencySpec, context: LinkDelayContext): LinkDelays {
  if (spec.type === "matrix") return matrixLinkDelays(spec, context);
  const quantile = delayQuantileOf(spec);
  if (quantile === null) return new ConstantDelays(delayQuantileMs(spec, 0) * MICROS_PER_MS);
  return new DrawnDelays(quantile, linkChoicesOf(context.streams, PURPOSE, context.size));
}

function matrixLinkDelays(spec: MatrixSpec, context: LinkDelayContext): LinkDelays {
  const delays = matrixDelaysOf(findMatrix(spec.matrix, context.matrices ?? null), spec, context.size);
  const sigma = spec.jitterSigma ?? 0;
  if (sigma === 0) return new RegionDelays(delays);
  return new JitteredDelays(delays, sigma, linkChoicesOf(context.streams, PURPOSE, context.size));
}

/** In milliseconds: what this share of the messages of every link does not exceed, before queues and access networks. */
export function latencyQuantileMs(
  spec: LatencySpec,
  share: number,
  options: { size: number; matrices?: MatrixLibrary },
): number {
  if (spec.type !== "matrix") return delayQuantileMs(spec satisfies DistributionSpec, share);
  const { halfUs } = matrixDelaysOf(findMatrix(spec.matrix, options.matrices ?? null), spec, options.size);
  const longestUs = halfUs.reduce((longest, delay) => Math.max(longest, delay), 0);
  return (longestUs / MICROS_PER_MS) * Math.exp((spec.jitterSigma ?? 0) * normalQuantile(Math.max(SHARE_MIN, share)));
}

class ConstantDelays implements LinkDelays {
  readonly #delayUs: number;

  constructor(delayUs: number) {
    this.#delayUs = delayUs;
  }

  delayUs(): number {
    return this.#delayUs;
  }
}

class DrawnDelays implements LinkDelays {
  readonly #quantile: DelayQuantile;
  readonly #choices: LinkChoices;

  constructor(quantile: DelayQuantile, choices: LinkChoices) {
    this.#quantile = quantile;
    this.#choices = choices;
  }

  delayUs(from: number, to: number): number {
    return this.#quantile(this.#choices.fraction(from, to));
  }
}

class RegionDelays implements LinkDelays {
  readonly #delays: MatrixDelays;

  constructor(delays: MatrixDelays) {
    this.#delays = delays;
  }

  delayUs(from: number, to: number): number {
    const { regions, regionCount, halfUs } = this.#delays;
    return halfUs[(regions[from] ?? 0) * regionCount + (regions[to] ?? 0)] ?? 0;
  }
}

/** Half the round trip is the median of a log-normal distribution. */
class JitteredDelays implements LinkDelays {
  readonly #half: RegionDelays;
  readonly #sigma: number;
  readonly #choices: LinkChoices;

  constructor(delays: MatrixDelays, sigma: number, choices: LinkChoices) {
    this.#half = new RegionDelays(delays);
    this.#sigma = sigma;
    this.#choices = choices;
  }

  delayUs(from: number, to: number): number {
    const share = Math.max(SHARE_MIN, this.#choices.fraction(from, to));
    return this.#half.delayUs(from, to) * Math.exp(this.#sigma * normalQuantile(share));
  }
}
