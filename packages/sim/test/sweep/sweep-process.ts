// A sweep in a process of its own, for tests that kill it: sweep-process.ts SWEEP FOLDER.

import { JobPool } from "../../src/sweep/job-pool.ts";
import { ResultStore } from "../../src/sweep/result-store.ts";
import { runSweep } from "../../src/sweep/run-sweep.ts";
import { loadSweep } from "../../src/sweep/sweep-file.ts";

const [sweepFile = "", folder = ""] = process.argv.slice(2);
await using pool = new JobPool({ workers: 2, runner: new URL("made-up-runner.ts", import.meta.url).href });
const watch = { note: () => undefined, onProgress: () => undefined, signal: new AbortController().signal };
await runSweep(await loadSweep(sweepFile), { store: new ResultStore(folder), execute: pool.execute, watch });
