// F80: what a peer may cost is bounded by what answers cost, not by how many there are.

import { type BlockDigest, commitIndex, digestFromBytes, round, validatorIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { SERVING_ENTRIES_MAX } from "../../src/network/limits.ts";
import { ServingBudget, costOf } from "../../src/network/serving-budget.ts";

function budgetAt(clock: { nowMs: number }): ServingBudget {
  return new ServingBudget({ bytesPerSecond: 1000, burstBytes: 5000, now: () => clock.nowMs });
}

describe("the serving budget", () => {
  it("lets a peer have a burst, then what refills, and forgives nothing beyond", () => {
    const clock = { nowMs: 0 };
    const budget = budgetAt(clock);
    budget.charge("a", 4999);
    expect(budget.mayAsk("a")).toBe(true);
    budget.charge("a", 3001);
    expect(budget.mayAsk("a")).toBe(false);
    clock.nowMs = 3000;
    expect(budget.mayAsk("a")).toBe(false);
    clock.nowMs = 3001;
    expect(budget.mayAsk("a")).toBe(true);
    clock.nowMs = 1_000_000;
    budget.charge("a", 5000);
    expect(budget.mayAsk("a")).toBe(false);
  });

  it("charges each peer for itself", () => {
    const budget = budgetAt({ nowMs: 0 });
    budget.charge("a", 10_000);
    expect(budget.mayAsk("a")).toBe(false);
    expect(budget.mayAsk("b")).toBe(true);
  });

  it("a clock that is set back gives nothing and takes nothing", () => {
    const clock = { nowMs: 10_000 };
    const budget = budgetAt(clock);
    budget.charge("a", 6000);
    clock.nowMs = 0;
    expect(budget.mayAsk("a")).toBe(false);
  });

  it("remembers a bounded number of peers, the last ones", () => {
    const budget = budgetAt({ nowMs: 0 });
    budget.charge("first", 10_000);
    for (let peer = 0; peer < SERVING_ENTRIES_MAX; peer += 1) budget.charge(`peer ${peer}`, 10_000);
    expect(budget.mayAsk("first")).toBe(true);
    expect(budget.mayAsk("peer 0")).toBe(false);
  });

  it("an empty answer costs too, and a list of references more than one question", () => {
    const refs = Array.from({ length: 512 }, () => ({
      round: round(1),
      author: validatorIndex(0),
      digest: digestFromBytes<BlockDigest>(new Uint8Array(32)),
    }));
    const list = costOf({ type: "blocks", request: { type: "refs", refs } }, 1);
    const one = costOf({ type: "chain", request: { type: "checkpoint", index: commitIndex(1) } }, 1);
    expect(one).toBeGreaterThan(1000);
    expect(list).toBeGreaterThan(10 * one);
    const ofAuthor = { type: "roundsOf", author: validatorIndex(0), fromRound: round(1) } as const;
    for (const toRound of [512, 1_000_000])
      expect(costOf({ type: "blocks", request: { ...ofAuthor, toRound: round(toRound) } }, 1)).toBe(list);
  });
});
