// `selvedge sim experiment`: an experiment's tables, figures and manifest; or those of an earlier manifest again. Results
// lie in the output folder until all are there, so that an experiment that was killed goes on where it was.

import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Experiment, ExperimentSize, Point } from "../../experiment/experiment.ts";
import { type ExperimentManifest, readManifest } from "../../experiment/manifest.ts";
import { experimentNamed, EXPERIMENTS } from "../../experiment/registry.ts";
import { type ExperimentOutcome, runExperiment } from "../../experiment/run-experiment.ts";
import {
  type ExperimentFiles,
  changedTables,
  experimentFiles,
  writeExperimentFiles,
} from "../../experiment/write-experiment.ts";
import { SimInputError, SimRuntimeError } from "../../scenario/sim-error.ts";
import { JobPool } from "../../sweep/job-pool.ts";
import { ResultStore } from "../../sweep/result-store.ts";
import { runAllJobs } from "../../sweep/run-jobs.ts";
import type { Action } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type Output, table } from "../output.ts";
import { Progress } from "../progress.ts";
import { watchForStop } from "../stop-signal.ts";

/** Below the output folder; gone once the experiment is written. */
const RUNS_FOLDER = "runs";

/** Below the output folder: the files of a re-run that are not those of the manifest. */
const OTHERS_FOLDER = "mismatch";

interface ExperimentOptions {
  readonly quick?: boolean;
  readonly output?: string;
  readonly manifest?: string;
  readonly workers?: number;
}

export const runExperimentCommand: Action<ExperimentOptions> = async (options, output) => {
  if (options.argument === "" && options.manifest === undefined) {
    await output.data(table(EXPERIMENTS.map(({ name, summary }) => [name, summary])));
    return EXIT.ok;
  }
  const earlier = options.manifest === undefined ? undefined : await readManifest(options.manifest);
  const experiment = experimentNamed(nameOf(options.argument, earlier));
  const folder = options.output ?? join("experiments", experiment.name);
  const means = { folder, workers: options.workers, output };
  if (earlier !== undefined) return await again(experiment, earlier, means);
  return await anew(experiment, options.quick === true ? "quick" : "paper", means);
};

interface Means {
  readonly folder: string;
  readonly workers: number | undefined;
  readonly output: Output;
}

async function anew(experiment: Experiment, size: ExperimentSize, means: Means): Promise<number> {
  const store = new ResultStore(join(means.folder, RUNS_FOLDER));
  const outcome = await run(experiment, experiment.points(size), { ...means, store });
  if (outcome === undefined) return EXIT.interrupted;
  await writeTo(means.folder, experimentFiles({ experiment, size }, outcome), means);
  rmSync(store.folder, { recursive: true, force: true });
  return EXIT.ok;
}

/** To show something, a re-run computes everything: no result that lies there already counts. */
async function again(experiment: Experiment, earlier: ExperimentManifest, means: Means): Promise<number> {
  const outcome = await run(experiment, earlier.points, { ...means, store: null });
  if (outcome === undefined) return EXIT.interrupted;
  const made = experimentFiles({ experiment, size: earlier.size }, outcome);
  const changed = changedTables(earlier, made.manifest);
  // The folder may be the one that the manifest lies in: what it holds is the evidence.
  if (changed.length > 0)
    throw notTheSame(earlier, { changed, folder: await writeTo(join(means.folder, OTHERS_FOLDER), made, means) });
  await writeTo(means.folder, made, means);
  means.output.note("all tables are byte for byte what the manifest says");
  return EXIT.ok;
}

/** The folder again. */
async function writeTo(folder: string, made: ExperimentFiles, { output }: Means): Promise<string> {
  const { files } = writeExperimentFiles(folder, made);
  await output.data(files.map((name) => `${join(folder, name)}\n`).join(""));
  return folder;
}

/** Undefined if it was stopped. */
async function run(
  experiment: Experiment,
  points: readonly Point[],
  means: Means & { readonly store: ResultStore | null },
): Promise<ExperimentOutcome | undefined> {
  const { workers, output, store } = means;
  const { signal } = watchForStop(() =>
    output.note("stopping: running jobs are finished first; Ctrl-C again stops at once"),
  );
  const progress = new Progress(output, "runs");
  await using pool = new JobPool(workers === undefined ? {} : { workers });
  try {
    return await runExperiment(experiment, points, {
      execute: (requests, onDone) => runAllJobs(requests, { pool, store, onDone, signal, note: output.note }),
      onProgress: (done, total) => progress.show(done, total),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    output.note(store === null ? "stopped" : "stopped; the same command goes on where this one was");
    return undefined;
  } finally {
    progress.clear();
  }
}

function notTheSame(
  { versions }: ExperimentManifest,
  { changed, folder }: { readonly changed: readonly string[]; readonly folder: string },
): SimRuntimeError {
  const made = `${versions.simulator} on Node ${versions.node}`;
  return new SimRuntimeError(
    "SIM_NONDETERMINISTIC",
    `not the tables that ${made} made (these are in ${folder}): ${changed.join(", ")}`,
  );
}

function nameOf(argument: string, earlier: ExperimentManifest | undefined): string {
  if (earlier === undefined) return argument;
  if (argument === "" || experimentNamed(argument).name === earlier.experiment) return earlier.experiment;
  throw new SimInputError("USAGE", `the manifest is of ${earlier.experiment}, not of ${argument}`);
}
