// §6: the rounding of stakes to tickets against every subset of small committees.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coinTicketsOf } from "../src/coin-tickets.ts";
import { createCommittee } from "../src/committee.ts";
import { epoch } from "../src/ids.ts";

const stakesOf = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 10 }),
  fc.array(fc.integer({ min: 50, max: 200 }), { minLength: 4, maxLength: 10 }),
  fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 2, maxLength: 8 }),
);

function sumOver(values: readonly number[], subset: number): number {
  return values.reduce((sum, value, index) => sum + ((subset >> index) & 1) * value, 0);
}

describe("§6 tickets of any stakes", () => {
  it("a set of stake ≤ F holds at most F_T tickets, a set of stake ≥ Q more than F_T, and T ≤ 4n", () => {
    fc.assert(
      fc.property(stakesOf, (stakes) => {
        const members = stakes.map((stake) => ({ stake, publicKey: new Uint8Array(32) }));
        const { faultyStakeMax, quorumStake } = createCommittee(epoch(0), members);
        const tickets = coinTicketsOf(members);
        if (!tickets.ok) return;
        const { counts, total, faultyMax } = tickets.value;
        expect(total).toBe(counts.reduce((sum, count) => sum + count, 0));
        expect(total).toBeLessThanOrEqual(4 * stakes.length);
        expect(faultyMax).toBe(Math.floor((total - 1) / 3));
        for (let subset = 0; subset < 2 ** stakes.length; subset += 1) {
          const stake = sumOver(stakes, subset);
          const held = sumOver(counts, subset);
          if (stake <= faultyStakeMax) expect(held).toBeLessThanOrEqual(faultyMax);
          if (stake >= quorumStake) expect(held).toBeGreaterThan(faultyMax);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("stakes that sum to at most 4n always have tickets", () => {
    const small = fc
      .array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 12 })
      .filter((stakes) => stakes.reduce((sum, stake) => sum + stake, 0) <= 4 * stakes.length);
    fc.assert(
      fc.property(small, (stakes) => {
        expect(coinTicketsOf(stakes.map((stake) => ({ stake }))).ok).toBe(true);
      }),
    );
  });
});
