// How small do failures become? For every seeded defect that random scenarios full of faults notice, shrinks the first that
// does, and prints the table and the medians. Each defect is a process of its own.
//
//   node packages/sim/test/shrink/shrink-mutants.ts [--mutant id]… [--seed n] [--count n] [--density n] [--markdown file]

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MUTANTS } from "../mutation/all-mutants.ts";
import type { ShrunkMutant } from "./shrink-mutant-child.ts";

const CHILD = fileURLToPath(new URL("shrink-mutant-child.ts", import.meta.url));

const { values } = parseArgs({
  options: {
    mutant: { type: "string", multiple: true },
    seed: { type: "string", default: "0" },
    count: { type: "string", default: "12" },
    density: { type: "string", default: "6" },
    markdown: { type: "string" },
  },
});

const wanted = values.mutant ?? MUTANTS.map(({ id }) => id);
const rows: ShrunkMutant[] = [];
for (const id of wanted) {
  const row = shrunk(id);
  if (row === undefined) continue;
  rows.push(row);
  console.log(lineOf(row).join("  "));
}
const found = rows.filter(({ seed }) => seed !== null);
const summary = `${found.length} of ${wanted.length} defects found; median left ${(100 * median(found.map(shareLeft))).toFixed(1)} % of the fault events, median ${median(found.map(({ runs }) => runs))} runs and ${median(found.map(({ cpuSeconds }) => cpuSeconds)).toFixed(1)} s of CPU`;
console.log(summary);
if (values.markdown !== undefined) writeFileSync(values.markdown, `${tableOf(found)}\n\n${summary}\n`);

function shrunk(id: string): ShrunkMutant | undefined {
  const args = [CHILD, id, values.seed, values.count, values.density];
  try {
    const text = execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 24, timeout: 180_000 });
    const row: ShrunkMutant = JSON.parse(text);
    return row;
  } catch (error) {
    console.error(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function shareLeft({ faultEventsBefore, faultEventsAfter }: ShrunkMutant): number {
  return faultEventsBefore === 0 ? 0 : faultEventsAfter / faultEventsBefore;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function lineOf(row: ShrunkMutant): readonly string[] {
  if (row.seed === null) return [row.mutant, "not found"];
  const { scenario } = row;
  const what = `${row.verdict} ${row.class}`;
  const left = `${row.faultEventsAfter} of ${row.faultEventsBefore}`;
  return [row.mutant, what, left, `n = ${scenario?.committee.size ?? 0}`, `${row.runs}`, row.cpuSeconds.toFixed(1)];
}

function tableOf(all: readonly ShrunkMutant[]): string {
  const head = ["defect", "failure", "fault events left", "committee", "runs", "CPU s"];
  const lines = [head, head.map(() => "---"), ...all.map(lineOf)];
  return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}
