// Runs a list of scenarios in a pool and gives their results in the order of the list: for experiments, which have no use
// for half of them. With a store, what a killed run had done is not done again.

import type { RunResult } from "../run/result.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimRuntimeError } from "../scenario/sim-error.ts";
import type { JobPool } from "./job-pool.ts";
import { type JobOutcome, type SweepJob, createJob } from "./job.ts";
import { decodeOutcome, encodeOutcome } from "./outcome-text.ts";
import type { ResultStore } from "./result-store.ts";

export interface JobRequest {
  readonly scenario: Scenario;
  readonly keepLatencies: boolean;
}

export interface RunJobsMeans {
  readonly pool: JobPool;
  readonly store: ResultStore | null;
  readonly onDone: () => void;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

/** SIM_JOB_FAILED if one comes to no result, or if it was stopped before all did. */
export async function runAllJobs(requests: readonly JobRequest[], means: RunJobsMeans): Promise<readonly RunResult[]> {
  const jobs = requests.map((request) => createJob(request));
  const unique = new Map(jobs.map((job) => [job.id, job]));
  const results = new Map<string, RunResult>();
  const missing = [...unique.values()].filter((job) => !takeStored(job, results, means));
  const onOutcome = (outcome: JobOutcome): void => {
    if (outcome.status === "failed")
      throw new SimRuntimeError("SIM_JOB_FAILED", `a run came to no result: ${outcome.error}`);
    means.store?.write(outcome);
    results.set(outcome.id, asStored(outcome));
    means.onDone();
  };
  await means.pool.execute(missing, { onOutcome, signal: means.signal });
  return jobs.map(({ id }) => {
    const result = results.get(id);
    if (result === undefined) throw new SimRuntimeError("SIM_JOB_FAILED", "stopped before all runs were done");
    return result;
  });
}

/** As it would be read again: a run that went on from stored results must give the same bytes as one in a single go. */
function asStored(outcome: JobOutcome & { readonly status: "done" }): RunResult {
  const decoded = decodeOutcome(encodeOutcome(outcome), outcome.id);
  if ("outcome" in decoded && decoded.outcome.status === "done") return decoded.outcome.result;
  throw new SimRuntimeError("SIM_JOB_FAILED", "a run came to a result that cannot be kept");
}

function takeStored(job: SweepJob, results: Map<string, RunResult>, { store, onDone, note }: RunJobsMeans): boolean {
  const stored = store?.read(job.id) ?? { type: "missing" };
  if (stored.type === "damaged")
    note(`${store?.pathOf(job.id) ?? ""} is damaged (${stored.damage}): the run is done again`);
  if (stored.type !== "outcome" || stored.outcome.status !== "done") return false;
  results.set(job.id, stored.outcome.result);
  onDone();
  return true;
}
