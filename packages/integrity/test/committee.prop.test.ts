// The weighted arithmetic of docs/protocol.md §1, against committees of any stakes.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Committee,
  StakeTally,
  type ValidatorIndex,
  committeeSize,
  createCommittee,
  epoch,
  isMember,
  memberOf,
  stakeOf,
  stakeOfAll,
  validatorIndex,
} from "../src/index.ts";

function committeeOfStakes(stakes: readonly number[]): Committee {
  return createCommittee(
    epoch(0),
    stakes.map((stake) => ({ stake, publicKey: new Uint8Array(32) })),
  );
}

const committees = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 7 }).map(committeeOfStakes);

function subsetsOf(committee: Committee): ValidatorIndex[][] {
  const size = committeeSize(committee);
  return Array.from({ length: 2 ** size }, (_, bits) =>
    Array.from({ length: size }, (__, index) => validatorIndex(index)).filter((index) => (bits >> index) & 1),
  );
}

describe("a committee", () => {
  test.each([
    [[1, 1, 1, 1], 1, 3, 2],
    [[1, 1, 1], 0, 3, 1],
    [[1, 1, 1, 1, 1, 1, 1], 2, 5, 3],
    [[5, 1, 1, 1], 2, 6, 3],
    [[1], 0, 1, 1],
  ])("of stakes %j has F = %i, Q = %i and F + 1 = %i", (stakes, faulty, quorum, validity) => {
    const committee = committeeOfStakes(stakes);
    expect([committee.faultyStakeMax, committee.quorumStake, committee.validityStake]).toEqual([
      faulty,
      quorum,
      validity,
    ]);
  });

  test("two quorums share an honest validator", () => {
    fc.assert(
      fc.property(committees, (committee) => {
        const { totalStake, quorumStake, faultyStakeMax } = committee;
        expect(2 * quorumStake - totalStake).toBeGreaterThan(faultyStakeMax);
      }),
    );
  });

  test("the honest alone are a quorum", () => {
    fc.assert(
      fc.property(committees, (committee) => {
        expect(committee.totalStake - committee.faultyStakeMax).toBeGreaterThanOrEqual(committee.quorumStake);
        expect(3 * committee.faultyStakeMax).toBeLessThan(committee.totalStake);
      }),
    );
  });

  test("a tally says quorum and validity exactly when the distinct stake does", () => {
    fc.assert(
      fc.property(committees, (committee) => {
        for (const subset of subsetsOf(committee)) {
          const tally = new StakeTally(committee);
          for (const index of [...subset, ...subset]) tally.add(index);
          expect(tally.stake).toBe(stakeOfAll(committee, [...subset, ...subset]));
          expect(tally.hasQuorum).toBe(tally.stake >= committee.quorumStake);
          expect(tally.hasValidity).toBe(tally.stake > committee.faultyStakeMax);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("adding a validator twice changes nothing and says so", () => {
    const tally = new StakeTally(committeeOfStakes([2, 3]));
    expect([tally.add(validatorIndex(1)), tally.add(validatorIndex(1)), tally.stake]).toEqual([true, false, 3]);
    expect([tally.has(validatorIndex(0)), tally.has(validatorIndex(1))]).toEqual([false, true]);
  });

  test("members are those with an index below its size", () => {
    const committee = committeeOfStakes([2, 3]);
    expect([-1, 0, 1, 2, 0.5, Number.NaN].map((index) => isMember(committee, index))).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(stakeOf(committee, validatorIndex(1))).toBe(3);
    expect(() => memberOf(committee, validatorIndex(2))).toThrow(/member/);
  });

  test("is not formed from nothing, without stake or beyond safe sums", () => {
    expect(() => committeeOfStakes([])).toThrow(/members/);
    expect(() => committeeOfStakes([0])).toThrow(/positive/);
    expect(() => committeeOfStakes([1.5])).toThrow(/positive/);
    expect(() => committeeOfStakes([Number.MAX_SAFE_INTEGER, 1])).toThrow(/safe/);
  });
});
