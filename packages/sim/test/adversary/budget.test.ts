// What an adversary is allowed to spend, and that refusals are counted.

import { createCommittee, epoch } from "@selvedge/integrity";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBudget, hasPower } from "../../src/adversary/budget.ts";

function committeeOf(stakes: readonly number[]): ReturnType<typeof createCommittee> {
  return createCommittee(
    epoch(0),
    stakes.map((stake) => ({ stake, publicKey: new Uint8Array(32) })),
  );
}

test("each power includes those below it", () => {
  const powers = ["oblivious", "timing", "content", "adaptive"] as const;
  for (const [rank, power] of powers.entries()) {
    for (const [needed, other] of powers.entries()) expect(hasPower(power, other)).toBe(rank >= needed);
  }
});

test("without a limit on nodes or stake, corrupted nodes never have more than F of the stake", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat(25), { maxLength: 40 }),
      (stakes, wanted) => {
        const committee = committeeOf(stakes);
        const budget = createBudget({}, committee);
        const taken = new Set(wanted.filter((node) => budget.spendNode(node)));
        const stake = [...taken].reduce((sum, node) => sum + (stakes[node] ?? Number.NaN), 0);
        expect(stake).toBeLessThanOrEqual(committee.faultyStakeMax);
        expect(budget.report()).toMatchObject({ nodesUsed: taken.size, stakeUsed: stake });
      },
    ),
  );
});

test("a limit on nodes stands in place of F, so that a researcher may break the assumption", () => {
  const budget = createBudget({ nodes: 2 }, committeeOf([1, 1, 1, 1]));
  expect([0, 1, 1, 2, 9].map((node) => budget.spendNode(node))).toEqual([true, true, true, false, false]);
  expect(budget.report()).toEqual({
    nodesUsed: 2,
    stakeUsed: 2,
    messagesUsed: 0,
    delayMsUsed: 0,
    nodesMax: 2,
    "refused.nodes": 2,
  });
});

test("both limits hold where both are given", () => {
  const budget = createBudget({ nodes: 2, stake: 3 }, committeeOf([3, 1, 2, 1]));
  expect([1, 0, 2, 3].map((node) => budget.spendNode(node))).toEqual([true, false, true, false]);
});

test("a delay pays for its message and its milliseconds, both or neither", () => {
  const budget = createBudget({ messages: 2, delayMs: 100 }, committeeOf([1, 1, 1, 1]));
  expect(budget.spendDelay(60)).toBe(true);
  expect(budget.spendDelay(41)).toBe(false);
  expect(budget.spendDelay(40)).toBe(true);
  expect(budget.spendDelay(0)).toBe(false);
  expect(budget.report()).toMatchObject({
    messagesUsed: 2,
    delayMsUsed: 100,
    "refused.delay": 1,
    "refused.messages": 1,
  });
});

test("holding messages costs what passes meanwhile, and needs something for each of them", () => {
  const budget = createBudget({ delayMs: 100 }, committeeOf([1, 1, 1, 1]));
  expect(budget.spendHold(0)).toBe(true);
  budget.noteHeld(99_998);
  expect(budget.delayLeftUs()).toBe(2);
  expect(budget.spendHold(1)).toBe(true);
  expect(budget.spendHold(2)).toBe(false);
  expect(budget.spendDelay(1)).toBe(false);
  budget.noteHeld(2);
  expect(budget.spendHold(0)).toBe(false);
  expect(budget.spendMessage()).toBe(true);
  budget.refuse("power");
  expect(budget.report()).toMatchObject({ delayMsUsed: 100, "refused.delay": 3, "refused.power": 1 });
});
