// How good are the checkers? Runs the battery against every seeded defect and prints which of them are noticed, by what,
// and what the twins and the random scenarios alone would have noticed; then explores what the battery does not reach
// (run-later.ts). Ends with status 1 below 95 % of either part, with 2 if the product itself does not pass.
//
//   node packages/sim/test/mutation/run-mutants.ts [--part battery|later|all] [--mutant id]… [--battery full|any|twins|random]
//     [--jobs n] [--markdown file]

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MUTANTS } from "./all-mutants.ts";
import { LATER_MUTANTS } from "./later-mutants.ts";
import { PLAIN_CPU_SECONDS, eachOf, runLimited } from "./limited-child.ts";
import type { ChildRun } from "./mutant-child.ts";
import type { Mutant } from "./mutant.ts";
import { runLater } from "./run-later.ts";

const SCORE_MIN = 0.95;
const PLAIN = "none";
interface Outcome {
  readonly mutant: Mutant;
  readonly runs: readonly ChildRun[];
  readonly cpuSeconds: number;
  readonly isHung: boolean;
}

const { values } = parseArgs({
  options: {
    part: { type: "string", default: "all" },
    mutant: { type: "string", multiple: true },
    battery: { type: "string", default: "full" },
    jobs: { type: "string", default: "1" },
    markdown: { type: "string" },
  },
});
const wanted = values.mutant ?? [];
process.exitCode = await main();

async function main(): Promise<number> {
  const parts: Part[] = [];
  const mutants = MUTANTS.filter(isWanted);
  const later = LATER_MUTANTS.filter(isWanted);
  if (values.part !== "later" && mutants.length > 0) parts.push(() => runBattery(mutants));
  if (values.part !== "battery" && later.length > 0) parts.push(() => runLater(later, Number(values.jobs)));
  let text = "";
  let status = 0;
  for (const part of parts) {
    const report = await part();
    if (report === undefined) return 2;
    console.log(report.summary);
    text += `${report.table}\n\n${report.summary}\n\n`;
    if (report.score < SCORE_MIN) status = 1;
  }
  if (values.markdown !== undefined) writeFileSync(values.markdown, text);
  return status;
}

interface Report {
  readonly table: string;
  readonly summary: string;
  readonly score: number;
}

type Part = () => Promise<Report | undefined>;

function isWanted({ id }: Mutant): boolean {
  return wanted.length === 0 || wanted.includes(id);
}

/** Undefined if the product itself does not pass. */
async function runBattery(mutants: readonly Mutant[]): Promise<Report | undefined> {
  const plain = await runChild(PLAIN);
  const failed = plain.runs.filter(({ verdict }) => verdict !== "PASS");
  for (const { scenario, verdict, class: what, detail } of failed)
    console.log(`${scenario}: ${verdict} (${what}) ${detail}`);
  if (failed.length > 0 || plain.isHung || plain.runs.length === 0) return undefined;
  console.log(`the product passes all ${plain.runs.length} scenarios in ${plain.cpuSeconds.toFixed(1)} s of CPU`);
  const outcomes: Outcome[] = [];
  await eachOf(mutants, Number(values.jobs), async (mutant) => {
    const outcome = { mutant, ...(await runChild(mutant.id)) };
    outcomes.push(outcome);
    console.log(rowOf(outcome).join("  "));
  });
  const ordered = mutants.flatMap((mutant) => outcomes.filter((outcome) => outcome.mutant === mutant));
  return { table: tableOf(ordered), summary: summaryOf(ordered, plain.cpuSeconds), score: scoreOf(ordered) };
}

async function runChild(id: string): Promise<Omit<Outcome, "mutant">> {
  const { lines, cpuSeconds, isHung } = await runLimited(
    "mutant-child.ts",
    [id, values.battery],
    id === PLAIN ? PLAIN_CPU_SECONDS : undefined,
  );
  return { runs: lines.map(readRun), cpuSeconds, isHung };
}

function readRun(line: string): ChildRun {
  const run: ChildRun = JSON.parse(line);
  return run;
}

function killerOf({ runs, isHung }: Outcome, family?: string): ChildRun | "hung" | undefined {
  const killer = runs.find((run) => run.verdict !== "PASS" && (family === undefined || run.family === family));
  return killer ?? (isHung && family === undefined ? "hung" : undefined);
}

function rowOf(outcome: Outcome): readonly string[] {
  const killer = killerOf(outcome);
  const by = killer === undefined ? "SURVIVED" : killer === "hung" ? "does not end" : killer.scenario;
  const what = killer === undefined || killer === "hung" ? "" : `${killer.verdict} ${killer.class}`;
  const also = ["twins", "random"].map((family) => (killerOf(outcome, family) === undefined ? "-" : "x"));
  return [outcome.mutant.id, outcome.mutant.what, by, what, ...also, outcome.cpuSeconds.toFixed(1)];
}

function tableOf(outcomes: readonly Outcome[]): string {
  const head = ["mutant", "what is wrong", "noticed by", "verdict", "twins", "random", "CPU s"];
  const rows = [head, head.map(() => "---"), ...outcomes.map(rowOf)];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function scoreOf(outcomes: readonly Outcome[], family?: string): number {
  const killed = outcomes.filter((outcome) => killerOf(outcome, family) !== undefined).length;
  return outcomes.length === 0 ? 0 : killed / outcomes.length;
}

function summaryOf(outcomes: readonly Outcome[], plainSeconds: number): string {
  const cpu = outcomes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, plainSeconds);
  const percent = (family?: string): string => `${(100 * scoreOf(outcomes, family)).toFixed(1)} %`;
  const alone = values.battery === "full" ? `; twins alone ${percent("twins")}, random alone ${percent("random")}` : "";
  return `${outcomes.length} mutants, noticed ${percent()}${alone}; ${(cpu / 60).toFixed(1)} minutes of CPU`;
}
