// The weight of an update is the real number rounded down, never off by one: checked in integers, without a root.

import fc from "fast-check";
import { expect, it } from "vitest";
import { updateWeight } from "../../src/index.ts";

it("U7: weight² · (1+τ) ≤ (samples · 2^16)² < (weight+1)² · (1+τ)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.nat(1_000_000), (sampleCount, staleness) => {
      const weight = BigInt(updateWeight({ sampleCount, staleness, sampleWeightMax: 2 ** 36 }));
      const samples = BigInt(Math.min(sampleCount, 2 ** 36)) << 16n;
      const divisor = BigInt(1 + staleness);
      expect(weight * weight * divisor <= samples * samples).toBe(true);
      expect((weight + 1n) * (weight + 1n) * divisor > samples * samples).toBe(true);
      expect(Number.isSafeInteger(Number(weight))).toBe(true);
    }),
    { numRuns: 500 },
  );
});
