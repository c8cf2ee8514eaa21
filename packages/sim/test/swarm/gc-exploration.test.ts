// Goal: the small scenarios around the garbage-collection horizon are all there, each once, and none breaks the product.
// Method: counting, and running a sample; explore-gc.ts runs all of them.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import { checkScenario } from "../../src/scenario/load.ts";
import { isWithinFaultBound } from "../../src/shrink/fault-load.ts";
import { gcCount, gcScenarios } from "../../src/swarm/gc-exploration.ts";

const SAMPLE_EVERY = 397;

describe("small scenarios around the garbage-collection horizon", () => {
  const all = [...gcScenarios({ phases: 2 })];

  it("are all there, each once, and sound", () => {
    expect(all.length).toBe(gcCount({ phases: 2 }));
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ faults, network, workload }) => JSON.stringify([faults, network, workload]))).size).toBe(
      all.length,
    );
    for (const scenario of all.filter((_, number) => number % SAMPLE_EVERY === 0)) {
      expect(checkScenario(scenario, scenario.name)).toEqual(scenario);
      expect(isWithinFaultBound(scenario)).toBe(true);
    }
  });

  it("pass, every one of a sample, at the same order and the same state roots", () => {
    const sample = all.filter((_, number) => number % SAMPLE_EVERY === SAMPLE_EVERY - 1);
    const results = sample.map((scenario) => ({ name: scenario.name, ...runScenario(scenario) }));
    expect(results.filter(({ verdict }) => verdict !== "PASS").map(({ name }) => name)).toEqual([]);
    for (const { exercised } of results) {
      for (const name of ["agreement", "lineage", "certification"]) expect(exercised[name], name).toBeGreaterThan(0);
    }
  });
});
