// The entry of `selvedge`. Parsing, error texts and exit codes are cli/run.ts; this file only ends the process with them.

import { runCli } from "./cli/run.ts";

// Explicit, because a library's leaked handle must not keep a finished command alive.
process.exit(await runCli(process.argv.slice(2)));
