// The second half of run-mutants.ts: defects of what the battery does not reach. Each is explored by the simulator where it
// has something for it, and what no exploration notices is put to the suites that state the rule.

import type { LaterRun } from "./later-child.ts";
import { PLAIN_CPU_SECONDS, eachOf, runLimited } from "./limited-child.ts";
import type { LaterMutant } from "./mutant.ts";
import type { BrokenLaw } from "./suite-child.ts";

interface LaterOutcome {
  readonly mutant: LaterMutant;
  readonly exploration: LaterRun | undefined;
  readonly law: BrokenLaw | undefined;
  readonly cpuSeconds: number;
  readonly isHung: boolean;
}

export interface LaterReport {
  readonly table: string;
  readonly summary: string;
  /** Of the defects, the share that is noticed. */
  readonly score: number;
  readonly cpuSeconds: number;
}

/** Undefined if the product itself does not pass. */
export async function runLater(mutants: readonly LaterMutant[], jobs: number): Promise<LaterReport | undefined> {
  const plainSeconds = await passesItself(mutants);
  if (plainSeconds === undefined) return undefined;
  const outcomes: LaterOutcome[] = [];
  await eachOf(mutants, jobs, async (mutant) => {
    const outcome = await outcomeOf(mutant);
    outcomes.push(outcome);
    console.log(rowOf(outcome).join("  "));
  });
  const ordered = mutants.flatMap((mutant) => outcomes.filter((outcome) => outcome.mutant === mutant));
  return reportOf(ordered, plainSeconds);
}

/** Seconds of CPU that the product itself took for the same explorations and laws. */
async function passesItself(mutants: readonly LaterMutant[]): Promise<number | undefined> {
  const explored = [...new Set(mutants.flatMap((mutant) => mutant.explored))];
  const reports = [await runLimited("later-child.ts", ["none", ...explored], PLAIN_CPU_SECONDS)];
  const findings = reports.flatMap(({ lines }) => lines.map(readRun)).filter(({ finding }) => finding !== null);
  for (const { name, finding } of findings) console.log(`${name}: ${finding}`);
  // By suite: together they would take more than a child may.
  for (const suite of new Set(mutants.flatMap(({ laws }) => laws))) {
    const asked = mutants.filter(({ laws }) => laws.includes(suite)).map(patternOf);
    const pattern = asked.includes("") ? "" : [...new Set(asked)].join("|");
    const report = await runLimited("suite-child.ts", ["none", pattern, suite], PLAIN_CPU_SECONDS);
    for (const { law } of report.lines.map(readLaw)) console.log(`${suite}: ${law}`);
    reports.push(report);
    if (report.lines.length > 0 || report.isHung) return undefined;
  }
  if (findings.length > 0 || reports.some(({ isHung }) => isHung)) return undefined;
  const seconds = reports.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const counted = `${explored.length} explorations and the laws of ${reports.length - 1} suites`;
  console.log(`the product passes ${counted} in ${seconds.toFixed(1)} s of CPU`);
  return seconds;
}

function patternOf({ only }: LaterMutant): string {
  return only?.replaceAll(/[.*+?^${}()|[\]\\]/gu, "\\$&") ?? "";
}

async function outcomeOf(mutant: LaterMutant): Promise<LaterOutcome> {
  const { id, explored, laws } = mutant;
  const explorations = explored.length === 0 ? undefined : await runLimited("later-child.ts", [id, ...explored]);
  const exploration = explorations?.lines.map(readRun).find(({ finding }) => finding !== null);
  const before = explorations?.cpuSeconds ?? 0;
  if (exploration !== undefined || explorations?.isHung === true || laws.length === 0)
    return { mutant, exploration, law: undefined, cpuSeconds: before, isHung: explorations?.isHung === true };
  const { lines, cpuSeconds, isHung } = await runLimited("suite-child.ts", [id, patternOf(mutant), ...laws]);
  return { mutant, exploration, law: lines.map(readLaw).at(0), cpuSeconds: before + cpuSeconds, isHung };
}

function isNoticed({ exploration, law, isHung }: LaterOutcome): boolean {
  return exploration !== undefined || law !== undefined || isHung;
}

function rowOf({ mutant, exploration, law, cpuSeconds, isHung }: LaterOutcome): readonly string[] {
  const { id, what } = mutant;
  const cells = (by: string, how: string): readonly string[] => [id, what, by, how, cpuSeconds.toFixed(1)];
  if (exploration !== undefined) return cells(exploration.name, exploration.finding ?? "");
  if (law !== undefined) return cells(law.suite.replace(/^(\w+)\/test\//u, "$1/"), law.law);
  return isHung ? cells("does not end", "") : cells("SURVIVED", "");
}

function reportOf(outcomes: readonly LaterOutcome[], plainSeconds: number): LaterReport {
  const head = ["mutant", "what is wrong", "noticed by", "finding, or law that is broken", "CPU s"];
  const rows = [head, head.map(() => "---"), ...outcomes.map(rowOf)];
  const noticed = outcomes.filter(isNoticed).length;
  const explored = outcomes.filter(({ exploration }) => exploration !== undefined).length;
  const score = outcomes.length === 0 ? 1 : noticed / outcomes.length;
  const cpuSeconds = outcomes.reduce((sum, outcome) => sum + outcome.cpuSeconds, plainSeconds);
  const minutes = (cpuSeconds / 60).toFixed(1);
  return {
    table: rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n"),
    summary: `${outcomes.length} mutants, noticed ${(100 * score).toFixed(1)} %, ${explored} of them by exploration; ${minutes} minutes of CPU`,
    score,
    cpuSeconds,
  };
}

function readRun(line: string): LaterRun {
  const run: LaterRun = JSON.parse(line);
  return run;
}

function readLaw(line: string): BrokenLaw {
  const law: BrokenLaw = JSON.parse(line);
  return law;
}
