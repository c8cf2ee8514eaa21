// Goal: what delta debugging keeps is needed, all of it, and nothing more. Method: failures that need a drawn set of items.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minimalSubset } from "../../src/shrink/delta-debugging.ts";

const items = fc.integer({ min: 0, max: 60 }).map((count) => Array.from({ length: count }, (_, index) => index));
const needs = fc.array(fc.nat(59), { maxLength: 6 });

describe("minimal subset", () => {
  it("of a failure that needs certain items is exactly these, in order", () => {
    fc.assert(
      fc.property(items, needs, (all, wanted) => {
        const needed = all.filter((item) => wanted.includes(item));
        const kept = minimalSubset(all, (subset) => needed.every((item) => subset.includes(item)));
        expect(kept).toEqual(needed);
      }),
    );
  });

  it("of any failure still fails, and not without any single one of its items", () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 7 }), fc.nat(20), (all, divisor, least) => {
        // Not monotone: a larger set may fail less.
        const isFailing = (subset: readonly number[]): boolean =>
          subset.reduce((sum, item) => sum + item, 0) % divisor === 0 && subset.length >= Math.min(least, all.length);
        fc.pre(isFailing(all));
        const kept = minimalSubset(all, isFailing);
        expect(isFailing(kept)).toBe(true);
        for (const item of kept) expect(isFailing(kept.filter((other) => other !== item))).toBe(false);
      }),
    );
  });

  it("takes few tests where few of many items matter", () => {
    const all = Array.from({ length: 1024 }, (_, index) => index);
    let tests = 0;
    const kept = minimalSubset(all, (subset) => {
      tests += 1;
      return subset.includes(17) && subset.includes(900);
    });
    expect(kept).toEqual([17, 900]);
    expect(tests).toBeLessThan(200);
  });
});
