// One job in a process of its own, for the determinism check: the job comes as JSON on stdin, the trace digest goes to
// stdout. Runs under any Node that strips types.

import { text } from "node:stream/consumers";
import { runScenario } from "../run/run-scenario.ts";
import type { SweepJob } from "../sweep/job.ts";
import { runOptionsOf } from "../sweep/options-of-job.ts";

interface Input {
  readonly job: SweepJob;
  readonly adversaryFiles: readonly string[];
}

// Written by determinism.ts alone, a moment ago.
const isInput = (value: unknown): value is Input => typeof value === "object" && value !== null && "job" in value;

const input: unknown = JSON.parse(await text(process.stdin));
if (!isInput(input)) throw new Error("stdin holds no job");
const { job, adversaryFiles } = input;
const { traceDigest } = runScenario(job.scenario, await runOptionsOf({ ...job, adversaryFiles }));
process.stdout.write(`${traceDigest}\n`);
