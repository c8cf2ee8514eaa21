// Child process of run-mutants.ts: loads the product with one seeded defect (or none) and runs scenarios of the battery
// until one is not passed. Prints a line of JSON for each run, and in the end the CPU time of the whole process. Takes the
// name of the mutant ("none" for the product as it is), what to run ("full": every family until it notices; "any": until
// the first notices; "twins"; "random"), and optionally the names of scenarios.

import type { Adversary } from "../../src/adversary/adversary.ts";
import type { RunResult } from "../../src/run/result.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { MUTANTS } from "./all-mutants.ts";
import type { Family } from "./battery.ts";
import { loadWith } from "./patch.ts";

/** One scenario under one mutant, as the child tells it. */
export interface ChildRun {
  readonly scenario: string;
  readonly family: Family;
  readonly verdict: string;
  readonly class: string;
  readonly detail: string;
  readonly cpuMs: number;
}

const [id = "none", mode = "full", only = ""] = process.argv.slice(2);
const isPlain = id === "none";
const mutant = MUTANTS.find((candidate) => candidate.id === id);
if (mutant !== undefined) loadWith(mutant);
else if (!isPlain) throw new Error(`there is no mutant ${id}`);

const { BATTERY } = await import("./battery.ts");
const { runScenario } = await import("../../src/run/run-scenario.ts");

/** True once a run is not passed. The product itself, as it is, runs all. */
function isNoticedBy(entries: typeof BATTERY): boolean {
  let isNoticed = false;
  for (const entry of entries) {
    const run = tell(entry);
    process.stdout.write(`${JSON.stringify(run)}\n`);
    isNoticed ||= run.verdict !== "PASS";
    if (isNoticed && !isPlain) break;
  }
  return isNoticed;
}

const wanted = inOrder().filter(({ scenario }) => only === "" || only.split(",").includes(scenario.name));
const of = (family: Family): typeof BATTERY => wanted.filter((entry) => entry.family === family);
if (mode === "any") isNoticedBy(wanted);
else {
  const isNoticedByTwins = mode !== "random" && isNoticedBy(of("twins"));
  const isNoticedByRandom = mode !== "twins" && isNoticedBy(of("random"));
  // The directed scenarios are for what the others let through.
  if (mode === "full" && (isPlain || !(isNoticedByTwins || isNoticedByRandom))) isNoticedBy(of("directed"));
}

const { user, system } = process.cpuUsage();
process.stdout.write(`cpu ${(user + system) / 1_000_000}\n`);

function tell({ family, scenario, adversaries }: (typeof BATTERY)[number]): ChildRun {
  const before = process.cpuUsage();
  const { verdict, findings, notes } = outcomeOf({ scenario, adversaries: adversaries?.() ?? [] });
  const spent = process.cpuUsage(before);
  return {
    scenario: scenario.name,
    family,
    verdict,
    class: findings[0]?.class ?? "",
    detail: findings[0]?.detail ?? notes.join("; "),
    cpuMs: (spent.user + spent.system) / 1000,
  };
}

type Job = { readonly scenario: Scenario; readonly adversaries: readonly Adversary[] };

/** A defect may be such that not even the run can go on. */
function outcomeOf({ scenario, adversaries }: Job): Pick<RunResult, "verdict" | "findings" | "notes"> {
  try {
    return runScenario(scenario, { adversaries });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const finding = { verdict: "CRASHED", class: "exception", detail, node: null, atMs: 0 } as const;
    return { verdict: "CRASHED", findings: [finding], notes: [] };
  }
}

/** Beginning with the one where this defect is most likely noticed: that saves time and nothing else. */
function inOrder(): typeof BATTERY {
  const isAim = ({ scenario }: (typeof BATTERY)[number]): boolean => scenario.name === mutant?.aim;
  return [...BATTERY.filter(isAim), ...BATTERY.filter((entry) => !isAim(entry))];
}
