// Commands about many runs: sweeps, the queue's workers, random scenarios, and the experiments of the handbook.

import type { Command } from "commander";
import { type CliContext, SEED_MAX, WORKERS_MAX, onAction, repeated, wholeNumber } from "../context.ts";

const WORKERS_HELP = "threads (default: one for each core)";
const workers = wholeNumber("--workers", 1, WORKERS_MAX);

export function registerManyCommands(program: Command, context: CliContext): void {
  const sweep = program
    .command("sweep")
    .argument("<file>", "a sweep file: base scenario, axes, seeds")
    .description("run every combination of a sweep file; goes on where it was stopped")
    .option("-o, --output <folder>", "folder of the results (default: sweep-NAME)")
    .option("--workers <count>", WORKERS_HELP, workers)
    .option("--set <path=value>", "set a field of the base scenario; repeatable", repeated)
    .option("--queue <url>", "let workers of a queue do it: redis://[user:password@]host[:port][/db]")
    .option("--json", "print the summary as JSON");
  onAction(sweep, context, async () => (await import("../actions/sweep.ts")).runSweepCommand);

  const worker = program
    .command("worker")
    .description("take jobs of sweeps from a queue until stopped")
    .requiredOption("--queue <url>", "redis://[user:password@]host[:port][/db]")
    .option(
      "--concurrency <count>",
      "jobs at a time (default: one for each core)",
      wholeNumber("--concurrency", 1, WORKERS_MAX),
    )
    .option(
      "--lost-after <seconds>",
      "silence after which a worker's jobs go to others",
      wholeNumber("--lost-after", 1, 86_400),
      30,
    );
  onAction(worker, context, async () => (await import("../actions/worker.ts")).runWorkerCommand);

  const swarm = program
    .command("swarm")
    .description("run random scenarios and keep those that fail")
    .requiredOption("--count <count>", "how many", wholeNumber("--count", 1, 10_000_000))
    .option("--seed <seed>", "seed of the first; the next ones follow", wholeNumber("--seed", 0, SEED_MAX), 1)
    .option("--size-max <nodes>", "largest committee", wholeNumber("--size-max", 4, 1024))
    .option("--workers <count>", WORKERS_HELP, workers)
    .option("-o, --output <folder>", "where failing scenarios are written", "swarm-findings")
    .option("--json", "print the summary as JSON");
  onAction(swarm, context, async () => (await import("../actions/swarm.ts")).runSwarmCommand);

  const experiment = program
    .command("experiment")
    .argument("[name]", "an experiment; without one, all are listed")
    .description("write an experiment's figures: CSV, SVG and a manifest that re-runs it")
    .option("--quick", "fewer points and seeds: minutes instead of hours")
    .option("-o, --output <folder>", "where to write (default: experiments/NAME)")
    .option("--manifest <file>", "run again what this manifest says")
    .option("--workers <count>", WORKERS_HELP, workers);
  onAction(experiment, context, async () => (await import("../actions/experiment.ts")).runExperimentCommand);
}
