// The entry of `selvedge sim`. Parsing, error texts and exit codes are run-cli.ts; this file only ends the process.

import { enableCompileCache } from "node:module";

// Before anything large is loaded: a second start of the same code spends about half the time on loading it.
enableCompileCache();
const { refuseEarlyEnd } = await import("./early-end.ts");
const done = refuseEarlyEnd();
const { runCli } = await import("./run-cli.ts");
const exitCode = await runCli(process.argv.slice(2));
done();
// Explicit, because a library's leaked handle must not keep a finished command alive.
process.exit(exitCode);
