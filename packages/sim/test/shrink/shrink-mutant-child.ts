// Child process of shrink-mutants.ts and of the test: loads the product with one seeded defect, looks for a random scenario
// that fails because of it, shrinks that, and prints one line of JSON. Takes the mutant's name, the first seed, how many
// seeds to try, and how thick faults are to come.

import type { Finding } from "../../src/run/result.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { MUTANTS } from "../mutation/all-mutants.ts";
import { loadWith } from "../mutation/patch.ts";

export interface ShrunkMutant {
  readonly mutant: string;
  /** Null: no seed failed. */
  readonly seed: number | null;
  readonly verdict: string;
  readonly class: string;
  readonly faultEventsBefore: number;
  readonly faultEventsAfter: number;
  readonly runs: number;
  readonly cpuSeconds: number;
  readonly scenario: Scenario | null;
}

const [id = "", firstSeed = "0", count = "50", density = "6"] = process.argv.slice(2);
const mutant = MUTANTS.find((candidate) => candidate.id === id);
if (mutant === undefined) throw new Error(`there is no mutant ${id}`);
loadWith(mutant);

const { runScenario } = await import("../../src/run/run-scenario.ts");
const { randomScenario } = await import("../../src/swarm/random-scenario.ts");
const { shrinkScenario } = await import("../../src/shrink/shrink-scenario.ts");

process.stdout.write(`${JSON.stringify(shrunkMutant())}\n`);

function shrunkMutant(): ShrunkMutant {
  for (let seed = Number(firstSeed); seed < Number(firstSeed) + Number(count); seed += 1) {
    const scenario = randomScenario(seed, { sizeMax: 7, deliveriesMax: 2000, faultDensity: Number(density) });
    if (failure(scenario) === undefined) continue;
    const before = process.cpuUsage();
    const shrunk = shrinkScenario(scenario, failure, { budgetRuns: 400 });
    const { user, system } = process.cpuUsage(before);
    if (shrunk === undefined) continue;
    const { finding, faultEventsBefore, faultEventsAfter, runs } = shrunk;
    return {
      mutant: id,
      seed,
      verdict: finding.verdict,
      class: finding.class,
      faultEventsBefore,
      faultEventsAfter,
      runs,
      cpuSeconds: (user + system) / 1_000_000,
      scenario: shrunk.scenario,
    };
  }
  const nothing = { faultEventsBefore: 0, faultEventsAfter: 0, runs: 0, cpuSeconds: 0 };
  return { mutant: id, seed: null, verdict: "PASS", class: "", ...nothing, scenario: null };
}

/** A run that proved nothing is no failure; a defect may be such that a run cannot go on. */
function failure(scenario: Scenario): Finding | undefined {
  try {
    return runScenario(scenario).findings.find(({ verdict }) => verdict !== "INCONCLUSIVE");
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { verdict: "CRASHED", class: "exception", detail, node: null, atMs: 0 };
  }
}
