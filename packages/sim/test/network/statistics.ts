// Yardsticks for the tests of this folder: Kolmogorov–Smirnov, three standard deviations, quantiles.

import type { Choices } from "../../src/kernel/decisions.ts";
import { RecordedStreams } from "../../src/kernel/random.ts";
import { createNetworkModel } from "../../src/network/create-network.ts";
import type { NetworkModel } from "../../src/network/network.ts";
import type { NetworkSpec } from "../../src/scenario/schema.ts";

/** D · √n exceeds this with probability 0.01. */
const KOLMOGOROV_P01 = 1.6276;

/** Largest distance to the distribution, times √n; below 1 means p > 0.01. A distribution may have jumps (`before`: left limit). */
export function ksRatio(
  samples: Float64Array,
  distribution: (value: number) => number,
  before: (value: number) => number = distribution,
): number {
  const sorted = samples.toSorted();
  const count = sorted.length;
  let distance = 0;
  for (let index = 0; index < count;) {
    const value = sorted[index] ?? 0;
    let end = index;
    while (end < count && sorted[end] === value) end += 1;
    distance = Math.max(distance, before(value) - index / count, index / count - before(value));
    distance = Math.max(distance, end / count - distribution(value), distribution(value) - end / count);
    index = end;
  }
  return (distance * Math.sqrt(count)) / KOLMOGOROV_P01;
}

/** How many standard deviations of a binomial the count is off. */
export function sigmasOff(count: number, draws: number, probability: number): number {
  return Math.abs(count - draws * probability) / Math.sqrt(draws * probability * (1 - probability));
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
}

export function mean(samples: readonly number[]): number {
  return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
}

export function modelOf(spec: NetworkSpec, { size = 4, seed = 1 } = {}): NetworkModel {
  return createNetworkModel(spec, { size, streams: new RecordedStreams(seed) });
}

export function choicesOf(seed: number): Choices {
  return new RecordedStreams(seed).of("test");
}

/** Copies, because a model uses its arrivals again. */
export function send(
  model: NetworkModel,
  { from = 0, to = 1, sizeBytes = 100, nowUs = 0 } = {},
): { atUs: number; isCorrupt: boolean }[] {
  return model.transmit({ from, to, sizeBytes, nowUs }).map((arrival) => ({ ...arrival }));
}
