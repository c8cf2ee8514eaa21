// Failures without a run: a scenario "fails" when it has what the drawn defect needs. For tests of the shrinker alone.

import type { Finding } from "../../src/run/result.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import type { FailingCheck } from "../../src/shrink/shrink-scenario.ts";

export interface FakeDefect {
  readonly verdict: Finding["verdict"];
  /** Types of faults that must all be there. */
  readonly faultTypes: readonly string[];
  readonly behaviours: readonly string[];
  readonly sizeMin: number;
  readonly durationMinMs: number;
  readonly rateMin: number;
  readonly needsLoss: boolean;
}

export function fakeFinding(verdict: Finding["verdict"], name: string, atMs = 1): Finding {
  return { verdict, class: name, detail: "as planted", node: null, atMs };
}

/** Fails as `class: planted` with all the defect needs; otherwise, with any fault at all, in another way. */
export function failingWith(defect: FakeDefect): FailingCheck {
  return (scenario) => {
    if (hasAll(defect, scenario)) return fakeFinding(defect.verdict, "planted", defect.durationMinMs);
    return scenario.faults.length > 0 ? fakeFinding("UNSAFE", "other") : undefined;
  };
}

function hasAll(defect: FakeDefect, scenario: Scenario): boolean {
  return (
    defect.faultTypes.every((wanted) => scenario.faults.some(({ type }) => type === wanted)) &&
    defect.behaviours.every((wanted) => scenario.adversary.behaviours.some(({ name }) => name === wanted)) &&
    scenario.committee.size >= defect.sizeMin &&
    scenario.durationMs >= defect.durationMinMs &&
    scenario.workload.transactionsPerSecond >= defect.rateMin &&
    (!defect.needsLoss || scenario.network.loss !== undefined) &&
    (defect.verdict !== "STALLED" || scenario.liveness !== undefined)
  );
}
