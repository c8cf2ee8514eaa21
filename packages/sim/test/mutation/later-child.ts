// Child process of run-later.ts: loads the product with one seeded defect (or none) and makes the named explorations until
// one of them finds something. Prints a line of JSON for each, and in the end the CPU time of the whole process.

import { LATER_MUTANTS } from "./later-mutants.ts";
import { loadWith } from "./patch.ts";

/** One exploration under one mutant, as the child tells it. */
export interface LaterRun {
  readonly name: string;
  /** Null if nothing was found. */
  readonly finding: string | null;
}

const [id = "none", ...names] = process.argv.slice(2);
const mutant = LATER_MUTANTS.find((candidate) => candidate.id === id);
if (mutant !== undefined) loadWith(mutant);
else if (id !== "none") throw new Error(`there is no mutant ${id}`);

const { explore } = await import("./exploration.ts");

for (const name of names) {
  const told: LaterRun = { name, finding: findingOf(name) };
  process.stdout.write(`${JSON.stringify(told)}\n`);
  if (told.finding !== null && mutant !== undefined) break;
}
const { user, system } = process.cpuUsage();
process.stdout.write(`cpu ${(user + system) / 1_000_000}\n`);

/** A defect may be such that not even the run can go on. */
function findingOf(name: string): string | null {
  try {
    return explore(name) ?? null;
  } catch (error) {
    return `CRASHED ${error instanceof Error ? error.message : String(error)}`;
  }
}
