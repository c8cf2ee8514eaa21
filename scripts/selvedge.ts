// The launcher behind `npm run selvedge -- ARGUMENTS`: picks the program and lets it run in this process, so that exit
// codes and signals are the program's own. It knows no command but `sim`; parsing belongs to the programs.

import { existsSync } from "node:fs";
import { Module } from "node:module";
import { dirname, join } from "node:path";

const exitUsage = 2;
const root = dirname(import.meta.dirname);

const nodeEntry = join(root, "packages/node/src/main.ts");
const simEntry = join(root, "packages/sim/src/cli/main.ts");

/** npm runs scripts in the checkout; paths on the command line are meant from where the user stands. */
function standWhereTheUserStands(): void {
  const userDirectory = process.env["INIT_CWD"];
  if (userDirectory !== undefined && process.cwd() === root && existsSync(userDirectory)) process.chdir(userDirectory);
}

function launch(): void {
  const isSimulation = process.argv[2] === "sim";
  const entry = isSimulation ? simEntry : nodeEntry;
  if (!existsSync(entry)) {
    const what = isSimulation ? "the simulator's command line (selvedge sim)" : "the selvedge command line";
    process.stderr.write(`selvedge: ${what} is not part of this version.\n`);
    process.exit(exitUsage);
  }
  standWhereTheUserStands();
  process.argv.splice(1, isSimulation ? 2 : 1, entry);
  Module.runMain();
}

launch();
