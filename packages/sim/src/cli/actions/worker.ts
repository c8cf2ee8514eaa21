// `selvedge sim worker`: takes jobs of sweeps from a queue until it is told to stop.

import { JobPool } from "../../sweep/job-pool.ts";
import { QueueConnection, parseQueueAddress } from "../../sweep/queue-connection.ts";
import { runQueueWorker } from "../../sweep/queue-worker.ts";
import type { Action } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { watchForStop } from "../stop-signal.ts";

interface WorkerOptions {
  readonly queue: string;
  readonly concurrency?: number;
  readonly lostAfter: number;
}

export const runWorkerCommand: Action<WorkerOptions> = async (options, output) => {
  const address = parseQueueAddress(options.queue);
  const stop = watchForStop(() => output.note("stopping: running jobs are finished first; Ctrl-C again stops at once"));
  using connection = await QueueConnection.open(address, output.note);
  await using pool = new JobPool(options.concurrency === undefined ? {} : { workers: options.concurrency });
  const means = { connection, pool, note: output.note, lostAfterMs: options.lostAfter * 1000 };
  const { done, failed, disputed } = await runQueueWorker(means, stop.requested);
  output.note(`stopped; ${done} jobs done, ${failed} failed`);
  return disputed > 0 ? EXIT.invariant : EXIT.ok;
};
