// The entry of `selvedge`. Parsing, error texts and exit codes are cli/run.ts; this file only ends the process with them.

import { enableCompileCache } from "node:module";
import { outliveEarlySignals } from "./cli/early-signals.ts";

if (process.argv[2] === "start") outliveEarlySignals();
// Before anything large is loaded: a second start of the same code spends about half the time on loading it.
enableCompileCache();
const { runCli } = await import("./cli/run.ts");
// Explicit, because a library's leaked handle must not keep a finished command alive.
process.exit(await runCli(process.argv.slice(2)));
