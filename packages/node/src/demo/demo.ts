// `selvedge demo`, the main job: a devnet of four validators and eight devices that train a digit reader, one of them
// poisoning, one mostly offline, one validator killed half-way; then proof from the disks that all of it held.

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Output } from "../cli/output.ts";
import { stopRequested } from "../cli/stop-signal.ts";
import { fromUserFolder } from "../config/home.ts";
import { type Devnet, startDevnet } from "../devnet/devnet.ts";
import { EXIT, NodeError } from "../errors.ts";
import { IdxError } from "../training/idx.ts";
import { Devices } from "./devices.ts";
import { type DemoFolder, networkPlanOf, openFolder } from "./folder.ts";
import { ModelReader } from "./model-reader.ts";
import { NetworkWatch } from "./network-watch.ts";
import { type DemoPlan, planOf } from "./plan.ts";
import { writeReport } from "./report.ts";
import { type DemoSamples, loadSamples } from "./samples.ts";
import { Screen } from "./screen.ts";
import { introduction, summaryLines } from "./story.ts";
import { Tally } from "./tally.ts";
import { type TrainingResult, runTraining } from "./training-run.ts";
import { verifyRun } from "./verify-run.ts";

export interface DemoOptions {
  readonly data?: string;
  readonly versions?: number;
  readonly seed: string;
  readonly quiet?: boolean;
  readonly home?: string;
}

/** Of a process that a signal ended. */
const SIGNAL_EXITS: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

export async function runDemo(options: DemoOptions, output: Output): Promise<number> {
  const stopped = stopRequested();
  const ending = new AbortController();
  const running = demonstrate(options, output, ending);
  // Whoever loses the race has been told to end and is waited for: nothing is left behind.
  const cause = await Promise.race([
    running.then(
      () => undefined,
      () => undefined,
    ),
    stopped,
  ]);
  if (cause === undefined) return running;
  output.note(`stopping (${cause}) ...`);
  ending.abort(new NodeError("DEVNET_FAILED", "stopped"));
  await running.catch(() => undefined);
  return SIGNAL_EXITS[cause] ?? EXIT.unexpected;
}

async function demonstrate(options: DemoOptions, output: Output, ending: AbortController): Promise<number> {
  const plan = planOf({
    seed: options.seed,
    dataFolder: options.data === undefined ? null : fromUserFolder(options.data, process.env),
    versions: options.versions ?? null,
  });
  const beganMs = performance.now();
  const screen = new Screen(output, options.quiet ?? false);
  const samples = samplesOf(plan);
  const folder = await openFolder(await rootOf(options), plan, samples);
  for (const line of introduction(plan, samples, folder)) {
    await screen.line(line);
  }
  const tally = new Tally();
  const { devnet, devices, training } = await runNetwork({ plan, samples, folder, tally, screen, beganMs, ending });
  await screen.line("");
  await screen.line(
    "all processes have ended; replaying every validator's disk and simulating the same seed without clipping ...",
  );
  const verified = await verifyRun({ plan, samples, devnet, devices, training, tally, signal: ending.signal });
  const durationSeconds = (performance.now() - beganMs) / 1000;
  const results = {
    ...verified,
    plan,
    home: folder.root,
    durationSeconds,
    marks: training.marks,
    timed: training.timed,
  };
  const paths = await writeReport(results);
  await screen.summary(summaryLines(results, paths));
  return verified.checks.every(({ isHeld }) => isHeld) ? EXIT.ok : EXIT.unexpected;
}

function samplesOf(plan: DemoPlan): DemoSamples {
  try {
    return loadSamples(plan);
  } catch (error) {
    if (error instanceof IdxError)
      throw new NodeError("FILE_MALFORMED", `${error.message} (${error.code})`, { cause: error });
    throw error;
  }
}

/** A fresh folder unless one is named. */
function rootOf({ home }: DemoOptions): Promise<string> {
  if (home !== undefined) return Promise.resolve(fromUserFolder(home, process.env));
  return mkdtemp(join(tmpdir(), "selvedge-demo-"));
}

interface NetworkRun {
  readonly plan: DemoPlan;
  readonly samples: DemoSamples;
  readonly folder: DemoFolder;
  readonly tally: Tally;
  readonly screen: Screen;
  readonly beganMs: number;
  readonly ending: AbortController;
}

interface RanNetwork {
  readonly devnet: Devnet;
  readonly devices: Devices;
  readonly training: TrainingResult;
}

/** From the first process to the last: whatever happens in between, all have ended when this settles. */
async function runNetwork(run: NetworkRun): Promise<RanNetwork> {
  const { plan, samples, folder, tally, screen, beganMs, ending } = run;
  ending.signal.throwIfAborted();
  const devnet = await startDevnet({ home: folder.network, plan: networkPlanOf(plan), logLevel: "warn" });
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const devices = new Devices({ plan, folder, devnet, tally, onFailure: failure.reject });
  const watch = new NetworkWatch(devnet, tally);
  const reading = new AbortController();
  const onAbort = (): void => failure.reject(ending.signal.reason);
  ending.signal.addEventListener("abort", onAbort);
  const watching = watch.run(reading.signal);
  try {
    ending.signal.throwIfAborted();
    const reader = await ModelReader.open(devnet, join(folder.root, "reader"), reading.signal);
    const parts = { plan, samples, devnet, devices, watch, tally, reader, screen, beganMs, signal: reading.signal };
    const training = await Promise.race([runTraining(parts), devnet.failed, failure.promise]);
    return { devnet, devices, training };
  } finally {
    ending.signal.removeEventListener("abort", onAbort);
    reading.abort();
    await Promise.all([devices.stop(), watching]);
    await devnet.stop();
  }
}
