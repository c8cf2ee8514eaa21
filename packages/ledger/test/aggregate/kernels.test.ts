// The kernels by hand-made cases: lane order, clipping, medians and rounding, each against values worked out apart.

import { describe, expect, it } from "vitest";
import { coordinateMedian } from "../../src/aggregate/coordinate-median.ts";
import type { WeightedDelta } from "../../src/aggregate/delta-set.ts";
import { weightedMean } from "../../src/aggregate/weighted-mean.ts";
import { clipScales, lowerMedian, normOf } from "../../src/index.ts";

const deltas = (...rows: readonly (readonly [weight: number, scale: number, ...values: number[]])[]): WeightedDelta[] =>
  rows.map(([weight, scale, ...values]) => ({ weight, scale, delta: [Float32Array.from(values)] }));

describe("norms", () => {
  it("squares go to lane i mod 4 and lanes are added as (0 + 1) + (2 + 3)", () => {
    // 2^54 swallows each 1 that is added to it alone; the ones that other lanes collect reach it together.
    const delta = [Float32Array.from([2 ** 27, ...new Float32Array(4000).fill(1)])];
    const lane = 1000;
    expect(normOf(delta)).toBe(Math.sqrt(2 ** 54 + lane + (lane + lane)));
    expect(normOf(delta)).not.toBe(Math.sqrt(2 ** 54 + 4 * lane));
    expect(normOf(delta)).not.toBe(Math.sqrt(2 ** 54));
  });

  it("agrees to the last bit with the order of additions written out, which is not the running sum", () => {
    let state = 1;
    let otherOrders = 0;
    for (let trial = 0; trial < 400; trial += 1) {
      const values = Float32Array.from({ length: 7 }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return state / 2 ** 32 - 0.5;
      });
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = [...values].map((value) => value * value);
      const norm = normOf([values]);
      expect(norm).toBe(Math.sqrt(a + e + (b + f) + (c + g + d)));
      if (norm !== Math.sqrt(a + e + (b + f) + (c + g) + d)) otherOrders += 1;
    }
    expect(otherOrders).toBeGreaterThan(0);
  });

  it("lanes start anew with each tensor", () => {
    const joined = normOf([Float32Array.from([1, 2, 3, 4, 5, 6])]);
    const apart = normOf([Float32Array.from([1, 2, 3]), Float32Array.from([4, 5, 6])]);
    expect(joined).toBe(Math.sqrt(91));
    expect(apart).toBe(Math.sqrt(91));
    expect(normOf([])).toBe(0);
  });

  it("the lower median of an even number is the smaller of the middle two", () => {
    expect(lowerMedian([4, 1, 3, 2])).toBe(2);
    expect(lowerMedian([10, 9, 100])).toBe(10);
  });

  it("clipping scales down to the median norm and nothing up", () => {
    expect(clipScales([1, 2, 20])).toEqual([1, 1, 0.1]);
    expect(clipScales([0, 0, 5])).toEqual([1, 1, 0]);
    expect(clipScales([7])).toEqual([1]);
  });
});

describe("weighted mean", () => {
  it("weighs by sample weight", () => {
    expect([...weightedMean(deltas([1, 1, 8, 0], [3, 1, 0, 8]), 0)]).toEqual([2, 6]);
  });

  it("the clip factor scales the value, not the total of the weights", () => {
    expect([...weightedMean(deltas([1, 0.5, 8], [1, 1, 8]), 0)]).toEqual([6]);
  });

  it("adds in commit order: another order may give other bits", () => {
    const rows = deltas([1, 1, 1e30], [1, 1, 1], [1, 1, -1e30]);
    const [first, second, third] = rows;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three rows");
    expect(weightedMean([first, third, second], 0)[0]).not.toBe(weightedMean(rows, 0)[0]);
  });
});

describe("coordinate median", () => {
  it("takes the middle value, or the mean of the middle two", () => {
    expect([...coordinateMedian(deltas([1, 1, 5, 1], [1, 1, 1, 2], [1, 1, 3, 9]), 0)]).toEqual([3, 2]);
    expect([...coordinateMedian(deltas([1, 1, 5], [1, 1, 1], [1, 1, 2], [1, 1, 4]), 0)]).toEqual([3]);
  });

  it("takes no notice of weights", () => {
    expect([...coordinateMedian(deltas([1000, 1, 5], [1, 1, 1], [1, 1, 2]), 0)]).toEqual([2]);
  });

  it("never gives −0, whatever order zeros came in", () => {
    expect(Object.is(coordinateMedian(deltas([1, 1, -0], [1, 1, -0], [1, 1, 0]), 0)[0], 0)).toBe(true);
  });

  it("gives the same for many values as for few: both sorts agree with an oracle", () => {
    for (const count of [47, 48, 49, 80, 81]) {
      const values = Array.from({ length: count }, (_, index) => ((index * 7919) % 104_729) / 64 - 500);
      const ascending = values.toSorted((left, right) => left - right);
      const [lower, upper] = [ascending[(count - 1) >> 1] ?? 0, ascending[count >> 1] ?? 0];
      expect(coordinateMedian(deltas(...values.map((value) => [1, 1, value] as const)), 0)[0]).toBe(
        (lower + upper) / 2,
      );
    }
  });
});
