// Goal: a real failure among many faults becomes one that a reader can follow. Method: seeded defects of the product in a
// process of their own, random scenarios with faults six times as thick. The whole table: shrink-mutants.ts.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import { checkScenario } from "../../src/scenario/load.ts";
import type { ShrunkMutant } from "./shrink-mutant-child.ts";

const CHILD = fileURLToPath(new URL("shrink-mutant-child.ts", import.meta.url));

function shrunk(mutant: string, seed: number): ShrunkMutant {
  const args = ["--disable-warning=ExperimentalWarning", CHILD, mutant, `${seed}`, "1"];
  const row: ShrunkMutant = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
  return row;
}

describe("shrinking of a seeded defect", () => {
  it("leaves at most a tenth of the fault events, and a scenario that the product passes", () => {
    const { verdict, scenario, faultEventsBefore, faultEventsAfter } = shrunk("quorum-2f", 0);
    expect(verdict).toBe("UNSAFE");
    expect(faultEventsBefore).toBeGreaterThan(30);
    expect(faultEventsAfter).toBeLessThanOrEqual(faultEventsBefore / 10);
    expect(scenario?.name).toBe("UNSAFE well-formed (shrunk from swarm-0)");
    const { findings } = runScenario(checkScenario(scenario, "shrunk"));
    expect(findings.filter(({ verdict: kind }) => kind !== "INCONCLUSIVE")).toEqual([]);
  });
});
