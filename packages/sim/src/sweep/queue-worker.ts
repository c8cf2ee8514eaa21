// A worker of the queue: takes jobs, runs them in threads, leaves results by content hash. What comes from the queue is
// somebody else's: a job is checked like any scenario, and its id must be the hash of what it says.

import { UnrecoverableError, Worker } from "bullmq";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { checkScenario } from "../scenario/load.ts";
import { COST_TABLE } from "./cost-files.ts";
import type { JobPool } from "./job-pool.ts";
import { type SweepJob, createJob } from "./job.ts";
import type { QueueConnection } from "./queue-connection.ts";
import { QUEUE_NAME, QUEUE_PREFIX } from "./queue-names.ts";
import { QueueResults } from "./queue-results.ts";

/** A job that brought down so many workers fails for good. */
const LOST_WORKERS_MAX = 3;
const DEFAULT_LOST_AFTER_MS = 30_000;

const QUEUED_JOB = Type.Object(
  { scenario: Type.Object({}), costs: Type.Union([COST_TABLE, Type.Null()]), keepLatencies: Type.Boolean() },
  { additionalProperties: false },
);

export interface QueueWorkerOptions {
  readonly connection: QueueConnection;
  readonly pool: JobPool;
  readonly note: (line: string) => void;
  /** After so long without a sign of life, a worker's jobs go to others. */
  readonly lostAfterMs?: number;
}

export interface QueueWorkerSummary {
  readonly done: number;
  readonly failed: number;
  readonly disputed: number;
}

/** Works until told to stop; then finishes what it has begun. */
export async function runQueueWorker(
  options: QueueWorkerOptions,
  stopped: Promise<unknown>,
): Promise<QueueWorkerSummary> {
  const tally = { done: 0, failed: 0, disputed: 0 };
  const results = new QueueResults(options.connection.redis);
  const worker = new Worker<unknown, string>(
    QUEUE_NAME,
    async ({ id = "", data }) => {
      const outcome = await options.pool.run(jobOf(id, data));
      if (outcome.status === "failed") throw new UnrecoverableError(outcome.error);
      const kept = await results.keep(outcome);
      if (kept === "disputed") {
        tally.disputed += 1;
        options.note(`error: job ${id} has another result than one before (SIM_NONDETERMINISTIC)`);
      }
      return kept;
    },
    {
      connection: options.connection.redis,
      prefix: QUEUE_PREFIX,
      concurrency: options.pool.workers,
      maxStalledCount: LOST_WORKERS_MAX,
      lockDuration: options.lostAfterMs ?? DEFAULT_LOST_AFTER_MS,
      stalledInterval: options.lostAfterMs ?? DEFAULT_LOST_AFTER_MS,
    },
  );
  watch(worker, { note: options.note, tally });
  try {
    await worker.waitUntilReady();
    options.note(`taking jobs from ${options.connection.address.shown}, ${options.pool.workers} at a time`);
    await stopped;
  } finally {
    await worker.close();
  }
  return tally;
}

function watch(
  worker: Worker<unknown, string>,
  on: { note: (line: string) => void; tally: { done: number; failed: number } },
): void {
  worker.on("completed", ({ id = "" }) => {
    on.tally.done += 1;
    on.note(`job ${id.slice(0, 12)} done`);
  });
  worker.on("failed", (job, error) => {
    on.tally.failed += 1;
    on.note(`job ${(job?.id ?? "?").slice(0, 12)} failed: ${error.message}`);
  });
  worker.on("stalled", (id) => on.note(`job ${id.slice(0, 12)} lost its worker and is done again`));
  // Lost connections are told of by the connection itself.
  worker.on("error", () => undefined);
}

function jobOf(id: string, data: unknown): SweepJob {
  if (!Value.Check(QUEUED_JOB, data)) throw new UnrecoverableError("this is no job of a sweep");
  const job = createJob({ ...data, scenario: scenarioOf(id, data.scenario) });
  if (job.id !== id) throw new UnrecoverableError("the job's id is not the hash of what it says");
  return job;
}

function scenarioOf(id: string, scenario: unknown): SweepJob["scenario"] {
  try {
    return checkScenario(scenario, `job ${id.slice(0, 12)}`);
  } catch (error) {
    throw new UnrecoverableError(error instanceof Error ? error.message : String(error));
  }
}
