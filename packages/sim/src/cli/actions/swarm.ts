// `selvedge sim swarm`: random scenarios by seed, on all cores. What fails is written down as a scenario file; what passes
// is counted, with what it exercised.

import { join } from "node:path";
import { makeFolder } from "../../make-folder.ts";
import { reasonOf } from "../../scenario/input-file.ts";
import type { Scenario } from "../../scenario/schema.ts";
import { SimInputError, SimRuntimeError } from "../../scenario/sim-error.ts";
import { type RandomScenarioOptions, randomScenario } from "../../swarm/random-scenario.ts";
import { type SwarmReport, SwarmTally, swarmText } from "../../swarm/run-swarm.ts";
import { JobPool } from "../../sweep/job-pool.ts";
import { type JobOutcome, createJob } from "../../sweep/job.ts";
import { type Action, SEED_MAX } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { writeOutput } from "../output-file.ts";
import { type Output, jsonLine, printable } from "../output.ts";
import { Progress } from "../progress.ts";
import { commandLine } from "../scenario-options.ts";
import { watchForStop } from "../stop-signal.ts";

interface SwarmOptions {
  readonly count: number;
  readonly seed: number;
  readonly sizeMax?: number;
  readonly workers?: number;
  readonly output: string;
  readonly json?: boolean;
}

/** A scenario that failed, or came to no result at all ("FAILED"). */
interface KeptFailure {
  readonly seed: number;
  readonly verdict: string;
  readonly class: string;
  readonly detail: string;
  readonly file: string;
}

interface Swarm {
  readonly options: SwarmOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly tally: SwarmTally;
  readonly kept: KeptFailure[];
}

export const runSwarmCommand: Action<SwarmOptions> = async (options, output) => {
  if (options.seed + options.count - 1 > SEED_MAX) throw new SimInputError("USAGE", `seeds end beyond ${SEED_MAX}`);
  const { signal } = watchForStop(() =>
    output.note("stopping: running scenarios are finished first; Ctrl-C again stops at once"),
  );
  const swarm: Swarm = { options, output, signal, tally: new SwarmTally(), kept: [] };
  const done = await runAll(swarm);
  const report = withReplays(swarm.tally.report(), options);
  const kept = swarm.kept.toSorted((left, right) => left.seed - right.seed);
  const files = kept.map(({ file }) => `kept: ${file}\n`).join("");
  await output.data(options.json === true ? jsonLine({ ...report, kept }) : printable(`${swarmText(report)}${files}`));
  if (done < options.count) return EXIT.interrupted;
  if (kept.length > 0) return EXIT.finding;
  // Faults are drawn at random, and now and then one cannot act: that alone is no reason to doubt the others.
  return (report.verdicts["PASS"] ?? 0) > 0 ? EXIT.ok : EXIT.inconclusive;
};

/** How many were run. */
async function runAll(swarm: Swarm): Promise<number> {
  const { options, output, signal, kept } = swarm;
  await using pool = new JobPool(options.workers === undefined ? {} : { workers: options.workers });
  const progress = new Progress(output, "scenarios");
  const seeds = Array.from({ length: options.count }, (_, index) => options.seed + index).values();
  let done = 0;
  const work = async (): Promise<void> => {
    for (const seed of seeds) {
      if (signal.aborted) return;
      const scenario = randomScenario(seed, randomOptions(options));
      record(await pool.run(createJob({ scenario })), scenario, swarm);
      done += 1;
      progress.show(done, options.count, kept.length > 0 ? `, ${kept.length} failed` : "");
    }
  };
  await Promise.all(Array.from({ length: pool.workers }, work));
  progress.clear();
  return done;
}

function randomOptions({ sizeMax }: SwarmOptions): RandomScenarioOptions {
  return sizeMax === undefined ? {} : { sizeMax };
}

function record(outcome: JobOutcome, scenario: Scenario, swarm: Swarm): void {
  if (outcome.status === "failed") {
    keep({ verdict: "FAILED", class: "no result", detail: outcome.error }, scenario, swarm);
    return;
  }
  swarm.tally.add(scenario, outcome.result);
  const { verdict, findings } = outcome.result;
  if (verdict === "PASS" || verdict === "INCONCLUSIVE") return;
  keep({ verdict, class: findings[0]?.class ?? "", detail: findings[0]?.detail ?? "" }, scenario, swarm);
}

function keep(failure: Pick<KeptFailure, "verdict" | "class" | "detail">, scenario: Scenario, swarm: Swarm): void {
  const file = join(swarm.options.output, `${scenario.name}.json`);
  makeOutputFolder(swarm.options.output);
  writeOutput(file, `${JSON.stringify(scenario, null, 2)}\n`);
  swarm.kept.push({ seed: scenario.seed, ...failure, file });
  const replay = commandLine(["run", file]);
  swarm.output.note(
    `${failure.verdict} (${failure.class}): ${failure.detail.split("\n")[0] ?? ""}\n  replay: ${replay}`,
  );
}

function makeOutputFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (cause) {
    throw new SimRuntimeError("SIM_OUTPUT_FAILED", `${folder} cannot be made: ${reasonOf(cause)}`, { cause });
  }
}

/** Scenarios depend on the options, not on the seed alone. */
function withReplays(report: SwarmReport, { sizeMax }: SwarmOptions): SwarmReport {
  const size = sizeMax === undefined ? [] : ["--size-max", String(sizeMax)];
  const findings = report.findings.map((group) => ({
    ...group,
    replay: commandLine(["swarm", "--seed", String(group.seeds[0] ?? 0), "--count", "1", ...size]),
  }));
  return { ...report, findings };
}
