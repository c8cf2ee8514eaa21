// What runs in a worker thread: one job in, its outcome out. A run that throws is an outcome too; only the thread's own
// death is not, and that the pool reports.

import { pathToFileURL } from "node:url";
import { workerData } from "node:worker_threads";
import { refusingRejections } from "../adversary/left-behind.ts";
import type { RunResult } from "../run/result.ts";
import type { RunOptions } from "../run/run-options.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { JobOutcome, SweepJob } from "./job.ts";
import { runOptionsOf } from "./options-of-job.ts";

/** How one scenario is run; the simulator's own unless a pool is made for another. */
export type RunScenario = (scenario: Scenario, options?: RunOptions) => RunResult;

/** Given to every thread of a pool; never part of a job, which may come from elsewhere. */
export interface WorkerSetup {
  /** Module that exports `runScenario`. */
  readonly runner: string;
  /** Adversaries of one's own, made anew for each run. */
  readonly adversaryFiles: readonly string[];
}

export async function runJob(job: SweepJob): Promise<JobOutcome> {
  try {
    const { runner, adversaryFiles } = setupOf(workerData);
    const run = await runnerOf(runner);
    const options = await runOptionsOf({ ...job, adversaryFiles });
    const result = await refusingRejections(adversaryFiles, () => run(job.scenario, options));
    return { id: job.id, status: "done", result };
  } catch (error) {
    return { id: job.id, status: "failed", error: error instanceof Error ? error.message : String(error) };
  }
}

async function runnerOf(runner: string): Promise<RunScenario> {
  const loaded: unknown = await import(runner.startsWith("file:") ? runner : pathToFileURL(runner).href);
  if (isRunner(loaded)) return loaded.runScenario;
  throw new Error(`${runner} exports no runScenario`);
}

function isRunner(loaded: unknown): loaded is { readonly runScenario: RunScenario } {
  return (
    typeof loaded === "object" && loaded !== null && "runScenario" in loaded && typeof loaded.runScenario === "function"
  );
}

function setupOf(data: unknown): WorkerSetup {
  // The pool hands its own bookkeeping along with our data.
  const own: unknown = Array.isArray(data) ? data[1] : data;
  if (!isSetup(own)) throw new Error("the worker was started without a setup");
  return own;
}

function isSetup(value: unknown): value is WorkerSetup {
  return typeof value === "object" && value !== null && "runner" in value && "adversaryFiles" in value;
}
