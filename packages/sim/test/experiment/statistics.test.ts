// Statistics against values known from elsewhere.

import { describe, expect, it } from "vitest";
import { clopperPearson, regularizedBeta } from "../../src/experiment/statistics/binomial.ts";
import { bootstrapInterval } from "../../src/experiment/statistics/bootstrap.ts";
import { mean, median, quantileOfSorted } from "../../src/experiment/statistics/summary.ts";

/** P(X ≥ k) for X ~ binomial(n, p), summed term by term. */
function upperTail(k: number, n: number, p: number): number {
  let sum = 0;
  for (let successes = k; successes <= n; successes += 1) {
    let term = 1;
    for (let index = 0; index < successes; index += 1) term *= ((n - index) / (successes - index)) * p;
    for (let index = successes; index < n; index += 1) term *= 1 - p;
    sum += term;
  }
  return sum;
}

describe("exact binomial intervals", () => {
  it("of no success or nothing but successes are the closed form 1 - (α/2)^(1/n)", () => {
    for (const trials of [1, 3, 10, 60, 1000]) {
      const bound = 1 - Math.exp(Math.log(0.025) / trials);
      expect(clopperPearson(0, trials)[0]).toBe(0);
      expect(clopperPearson(0, trials)[1]).toBeCloseTo(bound, 12);
      expect(clopperPearson(trials, trials)[0]).toBeCloseTo(1 - bound, 12);
      expect(clopperPearson(trials, trials)[1]).toBe(1);
    }
  });

  // R: binom.test(x, n)$conf.int
  it.each([
    [5, 10, 0.187_086, 0.812_914],
    [8, 10, 0.443_905, 0.974_789],
    [1, 10, 0.002_529, 0.445_016],
    [50, 100, 0.398_321, 0.601_679],
  ])("of %i in %i are those of R", (successes, trials, low, high) => {
    const [lower, upper] = clopperPearson(successes, trials);
    expect(lower).toBeCloseTo(low, 5);
    expect(upper).toBeCloseTo(high, 5);
  });

  it("leave exactly α/2 on either side", () => {
    for (const [successes, trials] of [
      [1, 4],
      [3, 7],
      [17, 40],
      [59, 60],
    ] as const) {
      const [low, high] = clopperPearson(successes, trials);
      expect(upperTail(successes, trials, low)).toBeCloseTo(0.025, 10);
      expect(1 - upperTail(successes + 1, trials, high)).toBeCloseTo(0.025, 10);
    }
  });

  it("rest on an incomplete beta function that is a binomial tail", () => {
    for (const x of [0.01, 0.2, 0.5, 0.77, 0.99]) {
      for (const [k, n] of [
        [1, 1],
        [2, 5],
        [9, 12],
        [30, 31],
      ] as const) {
        expect(regularizedBeta(x, k, n - k + 1)).toBeCloseTo(upperTail(k, n, x), 11);
      }
    }
  });

  it("without trials say nothing", () => {
    expect(clopperPearson(0, 0)).toEqual([0, 1]);
  });
});

describe("bootstrap intervals", () => {
  it("hold the sample's statistic, lie within the sample, and are the same each time", () => {
    const sample = [12, 15, 11, 19, 14, 13, 18];
    const [low, high] = bootstrapInterval(sample, median);
    expect(low).toBeGreaterThanOrEqual(11);
    expect(high).toBeLessThanOrEqual(19);
    expect(low).toBeLessThan(14);
    expect(high).toBeGreaterThan(14);
    expect(bootstrapInterval(sample, median)).toEqual([low, high]);
  });

  it("of a mean have the width of the normal approximation", () => {
    const sample = Array.from({ length: 400 }, (_, index) => index % 20);
    const [low, high] = bootstrapInterval(sample, mean);
    const standardError = Math.sqrt((20 ** 2 - 1) / 12 / 400);
    expect(low).toBeCloseTo(9.5 - 1.96 * standardError, 0.9);
    expect(Math.abs((high - low) / (2 * 1.96 * standardError) - 1)).toBeLessThan(0.1);
  });

  it("of one value are that value", () => {
    expect(bootstrapInterval([7], median)).toEqual([7, 7]);
  });
});

describe("quantiles", () => {
  it("are nearest ranks", () => {
    const sorted = Array.from({ length: 10 }, (_, index) => index + 1);
    expect([0.01, 0.1, 0.11, 0.5, 0.9, 0.99, 1].map((share) => quantileOfSorted(sorted, share))).toEqual([
      1, 1, 2, 5, 9, 10, 10,
    ]);
    expect(quantileOfSorted([], 0.5)).toBeNull();
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([3, 1, 2])).toBe(2);
  });
});
