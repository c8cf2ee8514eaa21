// A sweep from beginning to end: look what is there, have the rest done, write the table. Where the work is done (threads
// or a queue) is the executor's matter; what a killed sweep had done is not done again.

import type { ExecuteJobs } from "./job-pool.ts";
import type { JobOutcome, SweepJob } from "./job.ts";
import type { ResultStore } from "./result-store.ts";
import type { SweepPlan } from "./sweep-file.ts";
import { sweepTable } from "./sweep-table.ts";

export const TABLE_NAME = "sweep.csv";

export interface SweepProgress {
  readonly total: number;
  readonly done: number;
  /** Jobs that came to no result. */
  readonly failed: number;
}

export interface SweepWatch {
  /** One line for people. */
  readonly note: (line: string) => void;
  readonly onProgress: (progress: SweepProgress) => void;
  readonly signal: AbortSignal;
}

export interface SweepSummary {
  readonly total: number;
  /** Results that were there before. */
  readonly reused: number;
  /** Verdicts by name, and "FAILED" for jobs without a result. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** True if the sweep was stopped before all was done; there is no table then. */
  readonly isStopped: boolean;
}

export async function runSweep(
  plan: SweepPlan,
  means: { readonly store: ResultStore; readonly execute: ExecuteJobs; readonly watch: SweepWatch },
): Promise<SweepSummary> {
  const { store, execute, watch } = means;
  const unique = uniqueJobs(plan);
  const missing = unique.filter((job) => !isDone(job, { store, watch }));
  const reused = unique.length - missing.length;
  if (reused > 0) watch.note(`${reused} of ${unique.length} results are there already`);
  const tally = { done: reused, failed: 0 };
  const onOutcome = (outcome: JobOutcome): void => {
    store.write(outcome);
    tally.done += 1;
    if (outcome.status === "failed") {
      tally.failed += 1;
      watch.note(`job ${outcome.id.slice(0, 12)} failed: ${outcome.error}`);
    }
    watch.onProgress({ total: unique.length, done: tally.done, failed: tally.failed });
  };
  await execute(missing, { onOutcome, signal: watch.signal });
  const isStopped = tally.done < unique.length;
  if (isStopped) return { total: unique.length, reused, verdicts: {}, isStopped };
  return { total: unique.length, reused, verdicts: writeTable(plan, store), isStopped };
}

/** The same job may stand in a plan twice; it is done once. */
function uniqueJobs(plan: SweepPlan): readonly SweepJob[] {
  return [...new Map(plan.jobs.map(({ job }) => [job.id, job])).values()];
}

/** Failed jobs are tried again: their cause may have been the machine. */
function isDone(job: SweepJob, means: { readonly store: ResultStore; readonly watch: SweepWatch }): boolean {
  const stored = means.store.read(job.id);
  if (stored.type === "damaged")
    means.watch.note(`${means.store.pathOf(job.id)} is damaged (${stored.damage}): the job is done again`);
  return stored.type === "outcome" && stored.outcome.status === "done";
}

function writeTable(plan: SweepPlan, store: ResultStore): Readonly<Record<string, number>> {
  const verdicts: Record<string, number> = {};
  const table = sweepTable(plan, ({ job }) => {
    const stored = store.read(job.id);
    const outcome = stored.type === "outcome" ? stored.outcome : undefined;
    const verdict = outcome?.status === "done" ? outcome.result.verdict : "FAILED";
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    return outcome;
  });
  store.writeFile(TABLE_NAME, table);
  return verdicts;
}
