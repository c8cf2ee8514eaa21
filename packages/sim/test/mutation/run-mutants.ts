// How good are the checkers? Runs the battery against every seeded defect and prints which of them are noticed, by what,
// and what the twins and the random scenarios alone would have noticed. Ends with status 1 below 95 %, with 2 if the
// product itself does not pass.
//
//   node packages/sim/test/mutation/run-mutants.ts [--mutant id]… [--battery full|any|twins|random] [--jobs n] [--markdown file]

import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTANTS } from "./all-mutants.ts";
import type { ChildRun } from "./mutant-child.ts";
import type { Mutant } from "./mutant.ts";

const SCORE_MIN = 0.95;
/** CPU time of a child: a defect that makes a run go on for ever is noticed by that. */
const CHILD_CPU_SECONDS = 90;
const CHILD = fileURLToPath(new URL("mutant-child.ts", import.meta.url));
interface Outcome {
  readonly mutant: Mutant;
  readonly runs: readonly ChildRun[];
  readonly cpuSeconds: number;
  readonly isHung: boolean;
}

const { values } = parseArgs({
  options: {
    mutant: { type: "string", multiple: true },
    battery: { type: "string", default: "full" },
    jobs: { type: "string", default: "1" },
    markdown: { type: "string" },
  },
});
const wanted = values.mutant ?? [];
const mutants = MUTANTS.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
process.exitCode = await main();

async function main(): Promise<number> {
  const plain = await runChild("none");
  const failed = plain.runs.filter(({ verdict }) => verdict !== "PASS");
  for (const { scenario, verdict, class: what, detail } of failed)
    console.log(`${scenario}: ${verdict} (${what}) ${detail}`);
  if (failed.length > 0 || plain.runs.length === 0) return 2;
  console.log(`the product passes all ${plain.runs.length} scenarios in ${plain.cpuSeconds.toFixed(1)} s of CPU`);
  const outcomes: Outcome[] = [];
  const queue = [...mutants];
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, () => work(queue, outcomes)));
  const ordered = mutants.flatMap((mutant) => outcomes.filter((outcome) => outcome.mutant === mutant));
  const summary = summaryOf(ordered, plain.cpuSeconds);
  console.log(summary);
  if (values.markdown !== undefined) writeFileSync(values.markdown, `${tableOf(ordered)}\n\n${summary}\n`);
  return scoreOf(ordered) >= SCORE_MIN ? 0 : 1;
}

async function work(queue: Mutant[], outcomes: Outcome[]): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const outcome = { mutant, ...(await runChild(mutant.id)) };
    outcomes.push(outcome);
    console.log(rowOf(outcome).join("  "));
  }
}

function runChild(id: string): Promise<Omit<Outcome, "mutant">> {
  return new Promise((resolve) => {
    const limited = ["-c", `ulimit -t ${CHILD_CPU_SECONDS} && exec "$0" "$@"`, process.execPath];
    const args = [...limited, "--disable-warning=ExperimentalWarning", CHILD, id, values.battery];
    execFile("sh", args, { maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const runs = stdout.split("\n").flatMap((line) => (line.startsWith("{") ? [readRun(line)] : []));
      const isHung = error?.signal === "SIGXCPU" || error?.signal === "SIGKILL";
      if (error !== null && !isHung) console.error(stderr.slice(0, 2000));
      const told = Number(/^cpu (.*)$/m.exec(stdout)?.[1] ?? CHILD_CPU_SECONDS);
      resolve({ runs, cpuSeconds: told, isHung });
    });
  });
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
