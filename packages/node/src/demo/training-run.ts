// The part of a demonstration in which the network runs: versions close, one row each; half-way a validator is killed and
// comes back. Ends when the planned version has closed and every validator has executed it; then everything is stopped.

import { mustExist } from "@selvedge/integrity";
import type { Devnet } from "../devnet/devnet.ts";
import { NodeError } from "../errors.ts";
import { accuracy } from "../training/model.ts";
import type { Devices } from "./devices.ts";
import { digitModelOf } from "./digit-weights.ts";
import { Killing, hasExecuted } from "./killing.ts";
import type { ModelReader, PulledModel } from "./model-reader.ts";
import type { ClosedVersion, NetworkWatch } from "./network-watch.ts";
import type { KilledFinding } from "./outcome.ts";
import { type DemoPlan, KILLED_VALIDATOR, killSchedule } from "./plan.ts";
import type { TimedMark, TimedVersion } from "./report.ts";
import type { DemoSamples } from "./samples.ts";
import type { Screen } from "./screen.ts";
import type { Tally } from "./tally.ts";

/** A version that takes longer than this will not come. */
const VERSION_MAX_MS = 180_000;
const FOLLOW_MAX_MS = 180_000;

export interface TrainingParts {
  readonly plan: DemoPlan;
  readonly samples: DemoSamples;
  readonly devnet: Devnet;
  readonly devices: Devices;
  readonly watch: NetworkWatch;
  readonly tally: Tally;
  readonly reader: ModelReader;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** On the clock of performance.now. */
  readonly beganMs: number;
}

export interface TrainingResult {
  readonly timed: readonly TimedVersion[];
  readonly marks: readonly TimedMark[];
  readonly killed: KilledFinding | null;
  /** The last version as a device got it: from a gateway, verified against the genesis alone. */
  readonly pulled: PulledModel;
  /** Nothing was left to train: a continued folder that had its versions already. */
  readonly wasComplete: boolean;
}

export async function runTraining(parts: TrainingParts): Promise<TrainingResult> {
  const first = await parts.reader.pull();
  const run = new TrainingRun(parts, first);
  // The network has been idle and has slowed down; what counts is how fast it is at work.
  parts.tally.forgetLatencies();
  await parts.screen.tableHead();
  await run.showVersion({ version: first.version, closedAtMs: performance.now() }, first);
  const wasComplete = first.version >= parts.plan.versions;
  const ended = wasComplete ? Promise.resolve() : run.trainUntilLast();
  for (let version = first.version + 1; version <= parts.plan.versions; version += 1) {
    await run.onVersion(await run.nextVersion(version));
  }
  await ended;
  await run.allFollow();
  return { ...(await run.result()), wasComplete };
}

class TrainingRun {
  readonly #parts: TrainingParts;
  readonly #killing: Killing;
  readonly #schedule: { readonly killAt: number; readonly restartAt: number };
  readonly #timed: TimedVersion[] = [];
  readonly #marks: TimedMark[] = [];
  #pulled: PulledModel;
  #lastCommitIndex = 0;
  #restarting: Promise<void> = Promise.resolve();

  constructor(parts: TrainingParts, first: PulledModel) {
    this.#parts = parts;
    this.#killing = new Killing(parts.devnet);
    const { killAt, restartAt } = killSchedule(parts.plan.versions - first.version);
    this.#schedule = { killAt: first.version + killAt, restartAt: first.version + restartAt };
    this.#pulled = first;
  }

  /** The devices stop when the last version has closed, however far the table is behind. */
  async trainUntilLast(): Promise<void> {
    const { devices, watch, plan } = this.#parts;
    devices.start();
    await watch.closed(plan.versions, Infinity);
    await devices.stop();
  }

  async nextVersion(version: number): Promise<ClosedVersion> {
    const { screen, watch, tally, devices } = this.#parts;
    const show = (): void => {
      const offline = devices.isAbsenteeOnline ? "online" : "offline";
      void screen.status(
        `  version ${version} of ${this.#parts.plan.versions}: ${tally.certifiedCount} updates accepted so far; the mostly offline device is ${offline}`,
      );
    };
    const timer = setInterval(show, 250);
    try {
      const closed = await watch.closed(version, VERSION_MAX_MS);
      if (closed !== undefined) return closed;
      throw new NodeError("DEVNET_FAILED", `version ${version} did not close within ${VERSION_MAX_MS / 1000} s`);
    } finally {
      clearInterval(timer);
    }
  }

  async onVersion(closed: ClosedVersion): Promise<void> {
    this.#lastCommitIndex = closed.commitIndex;
    this.#pulled = await this.#parts.reader.pull(closed.version);
    await this.showVersion(closed, this.#pulled);
    if (closed.version === this.#schedule.killAt) await this.#kill(closed.version);
    if (closed.version >= this.#schedule.restartAt && this.#killing.isAway)
      this.#restarting = this.#restart(closed.version);
  }

  async showVersion({ version, closedAtMs }: Omit<ClosedVersion, "commitIndex">, pulled: PulledModel): Promise<void> {
    const { screen, tally, watch, samples } = this.#parts;
    const model = digitModelOf(pulled.file);
    if (!model.ok) throw new NodeError("VERIFY_FAILED", model.error.detail);
    const timed: TimedVersion = {
      version,
      closedAtSeconds: this.#seconds(closedAtMs),
      accuracy: accuracy(model.value, samples.test),
      ...tally.takeLatencies(),
      certifiedCount: tally.certifiedCount,
      validatorsUp: watch.validatorsUp,
    };
    this.#timed.push(timed);
    await screen.row({ ...timed, refusedByReason: tally.refusedByReason });
  }

  /** Every validator executes the last version, the one that was away included. */
  async allFollow(): Promise<void> {
    await this.#restarting;
    const { devnet, signal } = this.#parts;
    const wish = { index: this.#lastCommitIndex, maxMs: FOLLOW_MAX_MS, signal };
    const followed = await Promise.all(devnet.nodes.map((node) => hasExecuted(node, wish)));
    const behind = followed.indexOf(false);
    if (behind >= 0)
      throw new NodeError(
        "DEVNET_FAILED",
        `validator ${behind} did not execute the last version within ${FOLLOW_MAX_MS / 1000} s`,
      );
  }

  async result(): Promise<Omit<TrainingResult, "wasComplete">> {
    return { timed: this.#timed, marks: this.#marks, killed: await this.#killing.finding(), pulled: this.#pulled };
  }

  async #kill(version: number): Promise<void> {
    const pid = await this.#killing.kill(version);
    // Told to stop meanwhile: every process ends anyhow.
    if (this.#parts.signal.aborted) return;
    this.#mark(`validator ${KILLED_VALIDATOR} killed`);
    await this.#parts.screen.line(
      `  validator ${KILLED_VALIDATOR} (process ${pid}) is killed with SIGKILL; three of four go on`,
    );
  }

  /** Not waited for by the table: the others go on, and a process takes seconds to start on a busy machine. */
  async #restart(version: number): Promise<void> {
    await this.#parts.screen.line(`  validator ${KILLED_VALIDATOR} is started again`);
    const pid = await this.#killing.restart(version, this.#parts.signal);
    this.#mark("back");
    await this.#parts.screen.line(`  validator ${KILLED_VALIDATOR} is up (process ${pid}) and fetches what it missed`);
  }

  #mark(text: string): void {
    this.#marks.push({ atSeconds: this.#seconds(performance.now()), text });
  }

  #seconds(atMs: number): number {
    return Math.max(0, (atMs - this.#parts.beganMs) / 1000);
  }
}

export function lastOf(timed: readonly TimedVersion[]): TimedVersion {
  return mustExist(timed.at(-1), "the version that the run began with is there");
}
