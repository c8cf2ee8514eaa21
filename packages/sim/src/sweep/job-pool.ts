// Worker threads for jobs: all cores by default, one job a thread at a time. Jobs are handed out in order as threads
// become free; outcomes come back in any order. Knows nothing of files, tables or queues.

import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import type { JobOutcome, SweepJob } from "./job.ts";
import type { WorkerSetup } from "./sweep-worker.ts";

export interface JobPoolOptions {
  /** Threads; absent: as many as there are cores. */
  readonly workers?: number;
  /** Module that exports `runScenario`; absent: the simulator's. */
  readonly runner?: string;
  readonly adversaryFiles?: readonly string[];
}

/** Works through jobs and tells of each outcome; an abort lets those that run finish and starts no more. */
export type ExecuteJobs = (jobs: readonly SweepJob[], watch: ExecutionWatch) => Promise<void>;

export interface ExecutionWatch {
  readonly onOutcome: (outcome: JobOutcome) => void;
  readonly signal: AbortSignal;
}

export class JobPool implements AsyncDisposable {
  readonly workers: number;
  readonly #pool: Piscina<SweepJob, JobOutcome>;

  constructor(options: JobPoolOptions = {}) {
    this.workers = options.workers ?? availableParallelism();
    const runner = options.runner ?? new URL("../run/run-scenario.ts", import.meta.url).href;
    const setup: WorkerSetup = { runner, adversaryFiles: options.adversaryFiles ?? [] };
    this.#pool = new Piscina({
      filename: new URL("sweep-worker.ts", import.meta.url).href,
      name: "runJob",
      minThreads: 0,
      maxThreads: this.workers,
      // Threads are kept between the jobs of a sweep: loading the engine costs more than a short run.
      idleTimeout: 10_000,
      workerData: setup,
    });
  }

  /** A thread that dies (out of memory, say) fails its job and no other. */
  async run(job: SweepJob): Promise<JobOutcome> {
    try {
      return await this.#pool.run(job);
    } catch (error) {
      return {
        id: job.id,
        status: "failed",
        error: `the worker died: ${error instanceof Error ? error.message : String(error)}`,
      };
    }
  }

  readonly execute: ExecuteJobs = async (jobs, watch) => {
    const waiting = jobs.values();
    const work = async (): Promise<void> => {
      for (const job of waiting) {
        if (watch.signal.aborted) return;
        watch.onOutcome(await this.run(job));
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.workers, jobs.length) }, work));
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}
