import { describe, expect, test } from "vitest";
import { LatencyHistogram } from "../../lib/histogram.ts";

const SHARES = [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1];

/** Values over seven orders of magnitude from a small generator of its own. */
function values(count: number): number[] {
  let state = 12_345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor(10 ** ((state / 2 ** 32) * 7));
  });
}

function filled(of: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of of) histogram.record(value);
  return histogram;
}

describe("the latency histogram", () => {
  test("never answers below the exact quantile, and above it by less than 1 %", () => {
    const all = values(20_000);
    const sorted = all.toSorted((left, right) => left - right);
    const histogram = filled(all);
    for (const share of SHARES) {
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
      expect(histogram.quantileUs(share)).toBeGreaterThanOrEqual(exact);
      expect(histogram.quantileUs(share)).toBeLessThanOrEqual(exact * 1.01);
    }
  });

  test("is exact below 256 µs", () => {
    for (const value of [0, 1, 127, 128, 255]) expect(filled([value, 300]).quantileUs(0.5)).toBe(value);
  });

  test("finds every value in the bucket that it was put in", () => {
    for (let exponent = 0; exponent < 32; exponent += 1) {
      for (const value of [2 ** exponent - 1, 2 ** exponent, 2 ** exponent + 1]) {
        const found = filled([value, 2 ** 32 - 1]).quantileUs(0.5);
        expect(found).toBeGreaterThanOrEqual(value);
        expect(found).toBeLessThanOrEqual(value * 1.01 + 1);
      }
    }
  });

  test("histograms add up to the histogram of all", () => {
    const all = values(3000);
    const merged = new LatencyHistogram();
    for (const part of [all.slice(0, 1000), all.slice(1000)]) merged.merge(filled(part).snapshot());
    expect(merged.snapshot()).toEqual(filled(all).snapshot());
    expect(merged.summary()).toEqual(filled(all).summary());
  });

  test("an empty one answers zeros", () => {
    expect(new LatencyHistogram().summary()).toEqual({
      count: 0,
      meanMs: 0,
      p50Ms: 0,
      p90Ms: 0,
      p99Ms: 0,
      p999Ms: 0,
      maxMs: 0,
    });
  });
});
