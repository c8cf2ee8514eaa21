// The sweep's side of a queue: puts jobs in, collects results as they come, and says so when nothing comes. Events of the
// queue only make it quicker; what counts is what lies in Redis, looked at again and again.

import { Queue, QueueEvents } from "bullmq";
import type { ExecuteJobs, ExecutionWatch } from "./job-pool.ts";
import type { JobOutcome, SweepJob } from "./job.ts";
import type { QueueConnection } from "./queue-connection.ts";
import { QUEUE_NAME, QUEUE_PREFIX, type QueuedJob, queuedJob } from "./queue-names.ts";
import { QueueResults } from "./queue-results.ts";

const ADD_CHUNK = 200;
const LOOK_CHUNK = 200;
const PAUSE_MS = 1000;
const FULL_LOOK_MS = 5000;
const QUIET_NOTE_MS = 10_000;
const FAILED_KEPT_SECONDS = 7 * 24 * 3600;

export interface QueueSweepOptions {
  readonly connection: QueueConnection;
  readonly note: (line: string) => void;
  /** Told of a job that has two different results. */
  readonly onDisputed: (id: string) => void;
  /** How often everything that is open is looked at; absent: every few seconds. */
  readonly lookEveryMs?: number;
}

/** Runs jobs on whoever takes them from the queue. An abort leaves them there. */
export function queueExecutor(options: QueueSweepOptions): ExecuteJobs {
  return async (jobs, watch) => {
    if (jobs.length === 0) return;
    const connection = options.connection.redis;
    // Listening blocks a connection. One that is handed over is not closed by the library.
    const listening = connection.duplicate();
    const queue = new Queue<QueuedJob, string>(QUEUE_NAME, { connection, prefix: QUEUE_PREFIX });
    const events = new QueueEvents(QUEUE_NAME, { connection: listening, prefix: QUEUE_PREFIX });
    // Lost connections are told of by the connection itself.
    queue.on("error", () => undefined);
    events.on("error", () => undefined);
    try {
      await new Collection({ jobs, queue, events, watch, options }).run();
    } finally {
      await Promise.allSettled([events.close(), queue.close()]);
      listening.disconnect();
    }
  };
}

interface CollectionSetup {
  readonly jobs: readonly SweepJob[];
  readonly queue: Queue<QueuedJob, string>;
  readonly events: QueueEvents;
  readonly watch: ExecutionWatch;
  readonly options: QueueSweepOptions;
}

class Collection {
  readonly #setup: CollectionSetup;
  readonly #results: QueueResults;
  /** Jobs without an outcome yet. */
  readonly #open: Map<string, SweepJob>;
  /** Of which an event said that they ended. */
  #news = new Set<string>();
  #wake: () => void = () => undefined;
  #lastNewsMs = performance.now();
  #nextFullLookMs = Number.POSITIVE_INFINITY;

  constructor(setup: CollectionSetup) {
    this.#setup = setup;
    this.#results = new QueueResults(setup.options.connection.redis);
    this.#open = new Map(setup.jobs.map((job) => [job.id, job]));
  }

  async run(): Promise<void> {
    const { watch, events } = this.#setup;
    const onEnded = ({ jobId }: { readonly jobId: string }): void => {
      this.#news.add(jobId);
      this.#wake();
    };
    events.on("completed", onEnded);
    events.on("failed", onEnded);
    watch.signal.addEventListener("abort", () => this.#wake());
    await this.#takePresent([...this.#open.keys()]);
    await this.#submit([...this.#open.values()]);
    this.#planFullLook(0);
    while (this.#open.size > 0 && !watch.signal.aborted) {
      await this.#pause();
      await this.#look();
      await this.#sayIfQuiet();
    }
  }

  /** At what events told of; at everything now and then, for events are lost with a connection. */
  async #look(): Promise<void> {
    const news = [...this.#news];
    this.#news = new Set();
    await this.#collect(news.filter((id) => this.#open.has(id)));
    const startMs = performance.now();
    if (startMs < this.#nextFullLookMs) return;
    await this.#collect([...this.#open.keys()]);
    this.#planFullLook(performance.now() - startMs);
  }

  /** Looking at a large sweep takes long: it is done the more rarely. */
  #planFullLook(tookMs: number): void {
    this.#nextFullLookMs = performance.now() + Math.max(this.#setup.options.lookEveryMs ?? FULL_LOOK_MS, tookMs * 5);
  }

  async #collect(ids: readonly string[]): Promise<void> {
    await this.#takePresent(ids);
    for (const slice of slices(
      ids.filter((id) => this.#open.has(id)),
      LOOK_CHUNK,
    )) {
      if (this.#setup.watch.signal.aborted) return;
      await this.#collectEnded(slice);
    }
  }

  async #takePresent(ids: readonly string[]): Promise<void> {
    for (const slice of slices(ids, LOOK_CHUNK)) {
      if (this.#setup.watch.signal.aborted) return;
      for (const id of await this.#results.present(slice)) await this.#take(id);
    }
  }

  async #take(id: string): Promise<void> {
    const kept = await this.#results.read(id);
    if (kept.type === "damaged") {
      this.#setup.options.note(
        `the queue's result of job ${id.slice(0, 12)} is damaged (${kept.damage}): the job is done again`,
      );
      await this.#results.forget(id);
      return;
    }
    if (kept.type === "missing") return;
    if (kept.isDisputed) this.#setup.options.onDisputed(id);
    this.#settle(kept.outcome);
  }

  /** Jobs that ended without a result; those that a Redis forgot are put there again. */
  async #collectEnded(ids: readonly string[]): Promise<void> {
    const { queue } = this.#setup;
    const states = await Promise.all(ids.map((id) => queue.getJobState(id)));
    for (const id of ids.filter((_, index) => states[index] === "failed")) {
      const job = await queue.getJob(id);
      if (job !== undefined) this.#settle({ id, status: "failed", error: job.failedReason ?? "it failed" });
    }
    const gone = ids.filter((_, index) => states[index] === "unknown" || states[index] === "completed");
    // Between the two questions it may have come to its result.
    await this.#takePresent(gone);
    await this.#submit(gone.map((id) => this.#open.get(id)).filter((job) => job !== undefined));
  }

  async #submit(jobs: readonly SweepJob[]): Promise<void> {
    const { queue, watch } = this.#setup;
    for (const slice of slices(jobs, ADD_CHUNK)) {
      if (watch.signal.aborted) return;
      await Promise.all(slice.map(({ id }) => this.#clearEnded(id)));
      await queue.addBulk(
        slice.map((job) => ({
          name: "run",
          data: queuedJob(job),
          opts: { jobId: job.id, attempts: 1, removeOnComplete: true, removeOnFail: { age: FAILED_KEPT_SECONDS } },
        })),
      );
    }
  }

  /** An ended job, perhaps of an earlier sweep, would keep the same job from being added. */
  async #clearEnded(id: string): Promise<void> {
    const state = await this.#setup.queue.getJobState(id);
    if (state === "failed" || state === "completed") await this.#setup.queue.remove(id);
  }

  #settle(outcome: JobOutcome): void {
    this.#open.delete(outcome.id);
    this.#lastNewsMs = performance.now();
    this.#setup.watch.onOutcome(outcome);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(PAUSE_MS, this.#setup.options.lookEveryMs ?? PAUSE_MS));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #sayIfQuiet(): Promise<void> {
    const { queue, options } = this.#setup;
    if (this.#open.size === 0 || performance.now() - this.#lastNewsMs < QUIET_NOTE_MS) return;
    this.#lastNewsMs = performance.now();
    const workers = await queue.getWorkersCount();
    const { active = 0, waiting = 0 } = await queue.getJobCounts("active", "waiting");
    const hint =
      workers === 0 ? `: start one with \`selvedge sim worker --queue ${options.connection.address.shown}\`` : "";
    options.note(
      `${this.#open.size} jobs to come; ${workers} workers connected${hint}, ${active} jobs running, ${waiting} waiting`,
    );
  }
}

function slices<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
