// Goal: the small Twins scenarios are all there, each once, and none breaks the product. Method: counting for three rounds,
// running all for one; explore-twins.ts runs those of three.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import { checkScenario } from "../../src/scenario/load.ts";
import { isWithinFaultBound } from "../../src/shrink/fault-load.ts";
import { twinsCount, twinsScenarios } from "../../src/swarm/twins-exploration.ts";

describe("small Twins scenarios", () => {
  it.each([1, 2, 3])("of %i rounds are all there, each once, and sound", (rounds) => {
    const all = [...twinsScenarios({ rounds })];
    expect(all.length).toBe(twinsCount({ rounds }));
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ faults, adversary }) => JSON.stringify([faults, adversary]))).size).toBe(all.length);
    for (const scenario of all.slice(-20)) {
      expect(checkScenario(scenario, scenario.name)).toEqual(scenario);
      expect(isWithinFaultBound(scenario)).toBe(true);
    }
  });

  it("of one round all pass", () => {
    const verdicts = [...twinsScenarios({ rounds: 1 })].map((scenario) => [
      scenario.name,
      runScenario(scenario).verdict,
    ]);
    expect(verdicts.filter(([, verdict]) => verdict !== "PASS")).toEqual([]);
  });
});
