// `selvedge sim sweep`: all combinations of a sweep file, on this machine's threads or through a queue.

import { basename, join } from "node:path";
import { SimRuntimeError } from "../../scenario/sim-error.ts";
import { parseAssignment } from "../../scenario/tree.ts";
import { JobPool } from "../../sweep/job-pool.ts";
import { ResultStore } from "../../sweep/result-store.ts";
import { type SweepSummary, type SweepWatch, TABLE_NAME, runSweep } from "../../sweep/run-sweep.ts";
import { type SweepPlan, loadSweep } from "../../sweep/sweep-file.ts";
import type { Action } from "../context.ts";
import { EXIT, exitCodeOfVerdicts } from "../exit-codes.ts";
import { jsonLine } from "../output.ts";
import { Progress } from "../progress.ts";
import { watchForStop } from "../stop-signal.ts";

interface SweepOptions {
  readonly output?: string;
  readonly workers?: number;
  readonly set?: readonly string[];
  readonly queue?: string;
  readonly json?: boolean;
}

export const runSweepCommand: Action<SweepOptions> = async (options, output) => {
  const plan = await loadSweep(
    options.argument,
    (options.set ?? []).map((text) => parseAssignment(text)),
  );
  const stop = watchForStop(() => output.note("stopping: running jobs are finished first; Ctrl-C again stops at once"));
  const folder = options.output ?? `sweep-${basename(options.argument).replace(/\.json$/u, "")}`;
  const store = new ResultStore(folder);
  const progress = new Progress(output, "jobs");
  const watch: SweepWatch = {
    note: output.note,
    signal: stop.signal,
    onProgress: ({ done, total, failed }) => progress.show(done, total, failed > 0 ? `, ${failed} failed` : ""),
  };
  const summary =
    options.queue === undefined
      ? await here(plan, { store, watch, workers: options.workers })
      : await overQueue(plan, { store, watch, url: options.queue });
  progress.clear();
  if (summary.isStopped) {
    output.note(`stopped; the same command goes on where this one was (${folder})`);
    return EXIT.interrupted;
  }
  await output.data(
    options.json === true
      ? jsonLine({ name: plan.name, folder, ...summary })
      : textOf(summary, join(folder, TABLE_NAME)),
  );
  return exitCodeOfVerdicts(summary.verdicts);
};

async function here(
  plan: SweepPlan,
  means: { store: ResultStore; watch: SweepWatch; workers: number | undefined },
): Promise<SweepSummary> {
  await using pool = new JobPool(means.workers === undefined ? {} : { workers: means.workers });
  return await runSweep(plan, { store: means.store, watch: means.watch, execute: pool.execute });
}

async function overQueue(
  plan: SweepPlan,
  means: { store: ResultStore; watch: SweepWatch; url: string },
): Promise<SweepSummary> {
  const { QueueConnection, parseQueueAddress } = await import("../../sweep/queue-connection.ts");
  const { queueExecutor } = await import("../../sweep/queue-sweep.ts");
  const { note } = means.watch;
  using connection = await QueueConnection.open(parseQueueAddress(means.url), note);
  const disputed: string[] = [];
  const execute = queueExecutor({ connection, note, onDisputed: (id) => disputed.push(id) });
  const summary = await runSweep(plan, { store: means.store, watch: means.watch, execute });
  if (disputed.length === 0) return summary;
  throw new SimRuntimeError(
    "SIM_NONDETERMINISTIC",
    `${disputed.length} jobs have two different results, the first is ${disputed[0] ?? ""}: workers of different versions, or a run that does not depend on its scenario alone`,
  );
}

function textOf(summary: SweepSummary, tableFile: string): string {
  const verdicts = Object.entries(summary.verdicts)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([verdict, count]) => `${count} ${verdict}`);
  const reused = summary.reused > 0 ? ` (done before: ${summary.reused})` : "";
  const rows = Object.values(summary.verdicts).reduce((sum, count) => sum + count, 0);
  const jobs = counted(summary.total, "job");
  // Rows that ask for the same run share a job.
  const head = rows === summary.total ? jobs : `${counted(rows, "row")} of ${jobs}`;
  return `${head}${reused}: ${verdicts.join(", ")}\n${tableFile}\n`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
