// Every distribution of delays against its textbook form: Kolmogorov–Smirnov at p > 0.01 on 100,000 messages through the model.

import { describe, expect, it } from "vitest";
import { delayQuantileMs } from "../../src/network/latency.ts";
import { latencyQuantileMs } from "../../src/network/link-delays.ts";
import { normalQuantile } from "../../src/network/normal-quantile.ts";
import type { LatencySpec } from "../../src/scenario/schema.ts";
import { ksRatio, modelOf, send } from "./statistics.ts";

const DRAWS = 100_000;

/** Milliseconds of 100,000 messages, over several links. */
function sample(latency: LatencySpec, seed = 11): Float64Array {
  const model = modelOf({ latency, isFifo: false }, { size: 4, seed });
  return Float64Array.from({ length: DRAWS }, (_, index) => {
    const [arrival] = send(model, { from: index % 4, to: (index + 1) % 4 });
    return (arrival?.atUs ?? 0) / 1000;
  });
}

/** The normal distribution by Simpson's rule, independent of the quantile function under test. */
function normalCdf(z: number): number {
  if (z < -9) return 0;
  if (z > 9) return 1;
  const steps = 80;
  const width = z / steps;
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(z);
  for (let step = 1; step < steps; step += 1) sum += density(step * width) * (step % 2 === 1 ? 4 : 2);
  return 0.5 + (sum * width) / 3;
}

interface Case {
  readonly latency: LatencySpec;
  readonly cdf: (ms: number) => number;
}

const CASES: readonly Case[] = [
  { latency: { type: "uniform", minMs: 20, maxMs: 220 }, cdf: (x) => (x - 20) / 200 },
  { latency: { type: "normal", meanMs: 500, stdMs: 60 }, cdf: (x) => normalCdf((x - 500) / 60) },
  { latency: { type: "logNormal", medianMs: 80, sigma: 0.5 }, cdf: (x) => normalCdf(Math.log(x / 80) / 0.5) },
  { latency: { type: "exponential", minMs: 10, meanMs: 110 }, cdf: (x) => 1 - Math.exp(-(x - 10) / 100) },
  { latency: { type: "pareto", minMs: 30, shape: 2.5 }, cdf: (x) => 1 - (30 / x) ** 2.5 },
  {
    latency: { type: "laplace", meanMs: 1000, scaleMs: 30 },
    cdf: (x) => (x < 1000 ? Math.exp((x - 1000) / 30) / 2 : 1 - Math.exp(-(x - 1000) / 30) / 2),
  },
  {
    latency: { type: "empirical", shares: [0, 0.5, 0.9, 1], ms: [10, 50, 200, 1000] },
    cdf: (x) => (x < 50 ? (x - 10) / 80 : x < 200 ? 0.5 + (0.4 * (x - 50)) / 150 : 0.9 + (0.1 * (x - 200)) / 800),
  },
];

describe("delays follow the distribution that the scenario names", () => {
  for (const { latency, cdf } of CASES)
    it(latency.type, () => {
      expect(ksRatio(sample(latency), cdf)).toBeLessThan(1);
    });

  it("the yardstick notices a shift of 2 %", () => {
    expect(
      ksRatio(sample({ type: "exponential", minMs: 10, meanMs: 112 }), (x) => 1 - Math.exp(-(x - 10) / 100)),
    ).toBeGreaterThan(1);
  });

  it("constant: every message takes exactly so long", () => {
    const delays = sample({ type: "constant", ms: 12.5 });
    expect(new Set(delays)).toEqual(new Set([12.5]));
  });

  it("matrix: log-normal jitter around half the round trip", () => {
    const latency: LatencySpec = {
      type: "matrix",
      matrix: "bft-5",
      regions: ["us-east-1", "us-west-1"],
      jitterSigma: 0.1,
    };
    const model = modelOf({ latency, isFifo: false }, { size: 2, seed: 3 });
    const delays = Float64Array.from({ length: DRAWS }, () => (send(model)[0]?.atUs ?? 0) / 1000);
    expect(ksRatio(delays, (x) => normalCdf(Math.log(x / (64.61 / 2)) / 0.1))).toBeLessThan(1);
  });
});

describe("the quantile function of the normal distribution", () => {
  it("inverts the distribution in the middle and in both tails", () => {
    for (const share of [1e-6, 0.001, 0.02, 0.1, 0.5, 0.77, 0.95, 0.999])
      expect(normalCdf(normalQuantile(share))).toBeCloseTo(share, 8);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13);
    expect(normalQuantile(1e-15)).toBeCloseTo(-7.941345326170998, 10);
    expect(normalQuantile(1e-9)).toBeCloseTo(-5.997807015008182, 10);
    expect(normalQuantile(0.2)).toBeCloseTo(-normalQuantile(0.8), 14);
  });
});

describe("delays stay within what a clock can hold", () => {
  it("no distribution gives a negative delay", () => {
    expect(sample({ type: "normal", meanMs: 1, stdMs: 50 }).every((ms) => ms >= 0)).toBe(true);
    expect(sample({ type: "laplace", meanMs: 1, scaleMs: 50 }).every((ms) => ms >= 0)).toBe(true);
  });

  it("the heaviest tail ends at a day", () => {
    expect(delayQuantileMs({ type: "pareto", minMs: 1000, shape: 0.1 }, 0.999_999)).toBe(86_400_000);
  });

  it("tells the delay that a share of messages does not exceed", () => {
    expect(latencyQuantileMs({ type: "constant", ms: 7 }, 0.99, { size: 4 })).toBe(7);
    expect(latencyQuantileMs({ type: "exponential", minMs: 10, meanMs: 110 }, 0.5, { size: 4 })).toBeCloseTo(
      10 + 100 * Math.LN2,
      9,
    );
    expect(latencyQuantileMs({ type: "matrix", matrix: "gcp-4-autobahn-2024" }, 0.5, { size: 4 })).toBe(32);
    expect(latencyQuantileMs({ type: "matrix", matrix: "gcp-4-autobahn-2024" }, 0.5, { size: 2 })).toBe(9.5);
  });
});

describe("a distribution that makes no sense is refused, naming the field", () => {
  const refused: readonly (readonly [LatencySpec, string])[] = [
    [{ type: "uniform", minMs: 5, maxMs: 1 }, "network.latency.maxMs"],
    [{ type: "exponential", minMs: 5, meanMs: 1 }, "network.latency.meanMs"],
    [{ type: "empirical", shares: [0, 1], ms: [1, 2, 3] }, "same length"],
    [{ type: "empirical", shares: [0.1, 1], ms: [1, 2] }, "from 0 to 1"],
    [{ type: "empirical", shares: [0, 0.9, 0.5, 1], ms: [1, 2, 3, 4] }, "ascend"],
    [{ type: "empirical", shares: [0, 0.5, 1], ms: [1, 3, 2] }, "ascend"],
    [{ type: "matrix", matrix: "nowhere" }, 'no matrix "nowhere"'],
    [{ type: "matrix", matrix: "bft-5", regions: ["atlantis"] }, 'no region "atlantis"'],
  ];
  for (const [latency, message] of refused)
    it(`${latency.type}: ${message}`, () => {
      expect(() => modelOf({ latency })).toThrow(
        expect.objectContaining({ code: "SIM_SCENARIO_INVALID", message: expect.stringContaining(message) }),
      );
    });
});
