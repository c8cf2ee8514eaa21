// Goal: shrinking keeps the failure it was given and leaves nothing it can do without. Method: random scenarios, drawn
// defects that need some of what a scenario has, and no run at all (a run's cost would hide most cases).

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkScenario } from "../../src/scenario/load.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { faultEventCount, isWithinFaultBound } from "../../src/shrink/fault-load.ts";
import { type Shrunk, shrinkScenario } from "../../src/shrink/shrink-scenario.ts";
import { randomScenario } from "../../src/swarm/random-scenario.ts";
import { type FakeDefect, failingWith } from "./fake-failure.ts";

/** A random scenario and a defect that it has all the conditions of. */
const failures = fc
  .record({
    seed: fc.nat(1_000_000),
    kept: fc.array(fc.nat(20), { maxLength: 3 }),
    sizeShare: fc.double({ min: 0, max: 1, noNaN: true }),
    durationShare: fc.double({ min: 0, max: 1, noNaN: true }),
    verdict: fc.constantFrom("UNSAFE" as const, "STALLED" as const),
    needsRate: fc.boolean(),
  })
  .map(({ seed, kept, sizeShare, durationShare, verdict, needsRate }) => {
    const scenario = randomScenario(seed);
    const faultTypes = kept.flatMap((index) => scenario.faults[index]?.type ?? []);
    const behaviours = kept.flatMap((index) => scenario.adversary.behaviours[index]?.name ?? []);
    const defect: FakeDefect = {
      verdict,
      faultTypes,
      behaviours,
      sizeMin: Math.max(1, Math.floor(scenario.committee.size * sizeShare)),
      durationMinMs: Math.floor(scenario.durationMs * durationShare),
      rateMin: needsRate ? scenario.workload.transactionsPerSecond / 2 : 0,
      needsLoss: scenario.network.loss !== undefined && kept.length === 2,
    };
    return { scenario, defect };
  });

function shrink(scenario: Scenario, defect: FakeDefect, budgetRuns = 5000): Shrunk {
  const shrunk = shrinkScenario(scenario, failingWith(defect), { budgetRuns });
  if (shrunk === undefined) throw new Error("the planted failure does not fail");
  return shrunk;
}

describe("shrinking", () => {
  it("keeps the verdict and the class, and gives a sound scenario that is no larger", () => {
    fc.assert(
      fc.property(failures, ({ scenario, defect }) => {
        const { scenario: minimal, finding } = shrink(scenario, defect);
        expect(finding).toMatchObject({ verdict: defect.verdict, class: "planted" });
        expect(failingWith(defect)(minimal)).toEqual(finding);
        expect(() => checkScenario(minimal, "minimal")).not.toThrow();
        expect(isWithinFaultBound(minimal)).toBe(true);
        expect(faultEventCount(minimal)).toBeLessThanOrEqual(faultEventCount(scenario));
        expect(minimal.committee.size).toBeLessThanOrEqual(scenario.committee.size);
        expect(minimal.durationMs).toBeLessThanOrEqual(scenario.durationMs);
        expect(minimal.seed).toBe(scenario.seed);
      }),
      { numRuns: 60 },
    );
  });

  it("leaves no fault and no behaviour that could go alone", () => {
    fc.assert(
      fc.property(failures, ({ scenario, defect }) => {
        const { scenario: minimal, isMinimal } = shrink(scenario, defect);
        const isSame = (candidate: Scenario): boolean => failingWith(defect)(candidate)?.class === "planted";
        expect(isMinimal).toBe(true);
        for (const fault of minimal.faults) {
          expect(isSame({ ...minimal, faults: minimal.faults.filter((other) => other !== fault) })).toBe(false);
        }
        const { behaviours } = minimal.adversary;
        for (const behaviour of behaviours) {
          const fewer = behaviours.filter((other) => other !== behaviour);
          expect(isSame({ ...minimal, adversary: { ...minimal.adversary, behaviours: fewer } })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("gives the same answer for the same scenario", () => {
    fc.assert(
      fc.property(failures, ({ scenario, defect }) => {
        expect(shrink(scenario, defect)).toEqual(shrink(scenario, defect));
      }),
      { numRuns: 10 },
    );
  });

  it("ends with its budget and then still has a failing scenario", () => {
    fc.assert(
      fc.property(failures, fc.integer({ min: 1, max: 40 }), ({ scenario, defect }, budgetRuns) => {
        const { scenario: smaller, runs } = shrink(scenario, defect, budgetRuns);
        expect(runs).toBeLessThanOrEqual(budgetRuns);
        expect(failingWith(defect)(smaller)?.class).toBe("planted");
      }),
      { numRuns: 30 },
    );
  });
});
