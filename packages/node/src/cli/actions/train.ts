// `device train`: pulls the newest verified version, trains on this device's samples, submits; once for each version.

import { setTimeout as delay } from "node:timers/promises";
import { type DeltaCodec, type ModelId, normL2 } from "@selvedge/integrity";
import { fromUserFolder } from "../../config/home.ts";
import { digitModelOf } from "../../demo/digit-weights.ts";
import type { DeviceClient, PulledWeights } from "../../device/device-client.ts";
import { weightsOfDigitModel } from "../../devnet/digit-network.ts";
import { EXIT, NodeError } from "../../errors.ts";
import type { DigitDataSet } from "../../training/data-set.ts";
import { subset } from "../../training/data-set.ts";
import {
  DRAWN_DEFAULTS,
  DRAWN_TRAINING_COUNT,
  MNIST_DEFAULTS,
  PARTITION_ALPHA,
  PARTITION_SIZE_MIN,
} from "../../training/defaults.ts";
import { drawDigits, drawnLabels } from "../../training/digits.ts";
import { IdxError, loadHalf } from "../../training/idx.ts";
import { scaledDelta, trainLocal } from "../../training/local-training.ts";
import { dirichletPartition } from "../../training/partition.ts";
import { type DeviceSessionOptions, codecOf, modelIdOf, openDeviceSession } from "../device-session.ts";
import { type Output, jsonLine } from "../output.ts";
import { stopRequested } from "../stop-signal.ts";
import { reportJson } from "./device.ts";

/** Between two looks for a newer version. */
const POLL_MS = 200;
/** After no gateway answered. */
const OFFLINE_PAUSE_MS = 1000;

export interface TrainOptions extends DeviceSessionOptions {
  readonly model: string;
  readonly data: string;
  readonly shard: string;
  readonly seed: string;
  readonly codec: string;
  readonly untilVersion?: number;
  readonly rounds?: number;
  readonly online?: string;
  readonly poison?: string;
  readonly json?: boolean;
}

interface TrainPlan {
  readonly client: DeviceClient;
  readonly model: ModelId;
  readonly codec: DeltaCodec;
  readonly samples: DigitDataSet;
  readonly training: typeof DRAWN_DEFAULTS.training;
  readonly seed: string;
  readonly factor: number;
  readonly untilVersion: number;
  readonly rounds: number;
  readonly offlineMs: () => number;
  readonly signal: AbortSignal;
  readonly say: (event: Readonly<Record<string, unknown>>) => Promise<void>;
}

export async function runTrain(options: TrainOptions, output: Output): Promise<number> {
  const stop = new AbortController();
  void stopRequested().then(() => stop.abort());
  const offlineMs = presence(options.online);
  const factor = poisonFactor(options.poison);
  const { client } = await openDeviceSession(options);
  const say = async (event: Readonly<Record<string, unknown>>): Promise<void> =>
    output.data(
      options.json === true
        ? jsonLine(event)
        : `${Object.entries(event)
            .map(([name, value]) => `${name} ${String(value)}`)
            .join("  ")}\n`,
    );
  const samples = samplesOf(options);
  await say({ event: "ready", device: client.deviceId, samples: samples.count });
  await trainUntilDone({
    client,
    model: modelIdOf(options.model),
    codec: codecOf(options.codec),
    samples,
    training: (options.data === "drawn" ? DRAWN_DEFAULTS : MNIST_DEFAULTS).training,
    seed: `${options.seed}/device-${options.shard}`,
    factor,
    untilVersion: options.untilVersion ?? Number.POSITIVE_INFINITY,
    rounds: options.rounds ?? Number.POSITIVE_INFINITY,
    offlineMs,
    signal: stop.signal,
    say,
  });
  return client.waiting.length > 0 ? EXIT.temporary : EXIT.ok;
}

async function trainUntilDone(plan: TrainPlan): Promise<void> {
  const { client, model, signal, say } = plan;
  let trainedOn = -1;
  for (let round = 0; round < plan.rounds && !signal.aborted;) {
    if (await isAbsent(plan)) continue;
    const pulled = await client.pullWeights({ model, version: "latest" }, signal);
    if (!pulled.ok) {
      await say({ event: "no-version", code: pulled.error.code, detail: pulled.error.detail });
      await pause(OFFLINE_PAUSE_MS, signal);
      continue;
    }
    const { version } = pulled.value.version.record.record;
    if (version >= plan.untilVersion) break;
    if (version === trainedOn) {
      await client.flush(signal);
      await pause(POLL_MS, signal);
      continue;
    }
    await trainOnce(plan, pulled.value, round);
    trainedOn = version;
    round += 1;
  }
  await say({ event: "done", waiting: client.waiting.length });
}

async function trainOnce(plan: TrainPlan, pulled: PulledWeights, cycle: number): Promise<void> {
  const { client, model, codec, signal, say } = plan;
  const base = digitModelOf(pulled.bytes);
  if (!base.ok) throw new NodeError("USAGE", `device train knows only the digit reader: ${base.error.detail}`);
  const startedMs = performance.now();
  const { delta, sampleCount } = trainLocal(base.value, plan.samples, { ...plan.training, seed: plan.seed, cycle });
  const weights = weightsOfDigitModel({ hidden: base.value.hidden, tensors: scaledDelta(delta, plan.factor) });
  const { record, digest } = pulled.version.record;
  await say({
    event: "trained",
    version: record.version,
    samples: sampleCount,
    norm: normL2(weights),
    seconds: (performance.now() - startedMs) / 1000,
  });
  const submitted = await client.submitDelta({ model, base: digest, delta: weights, codec, sampleCount }, signal);
  if (!submitted.ok) await say({ event: "refused", code: submitted.error.code, detail: submitted.error.detail });
  else for (const update of submitted.value.report) await say({ event: "submitted", ...reportJson(update) });
}

/** Sits out the rest of an absence, if there is one. */
async function isAbsent({ offlineMs, signal, say }: TrainPlan): Promise<boolean> {
  const absentMs = offlineMs();
  if (absentMs <= 0) return false;
  await say({ event: "offline", seconds: absentMs / 1000 });
  await pause(absentMs, signal);
  return true;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (cause) {
    if (!signal.aborted) throw cause;
  }
}

/** How long the device stays away from now; 0 while it is online. */
function presence(text: string | undefined): () => number {
  if (text === undefined) return () => 0;
  const parts = /^(?<on>\d{1,6}(?:\.\d+)?)\/(?<period>\d{1,6}(?:\.\d+)?)$/u.exec(text)?.groups;
  const onMs = 1000 * Number(parts?.["on"]);
  const periodMs = 1000 * Number(parts?.["period"]);
  if (!(onMs > 0 && periodMs >= onMs))
    throw new NodeError("USAGE", `--online is SECONDS/PERIOD, for instance 15/60, not ${text}`);
  const startedMs = performance.now();
  return () => {
    const intoMs = (performance.now() - startedMs) % periodMs;
    return intoMs < onMs ? 0 : periodMs - intoMs;
  };
}

function poisonFactor(text: string | undefined): number {
  if (text === undefined) return 1;
  const factor = Number(/^sign-flip:(?<factor>\d{1,6}(?:\.\d+)?)$/u.exec(text)?.groups?.["factor"]);
  if (!(factor > 0)) throw new NodeError("USAGE", `--poison is sign-flip:FACTOR, not ${text}`);
  return -factor;
}

function samplesOf({ data, shard, seed }: TrainOptions): DigitDataSet {
  const parts = /^(?<index>\d{1,4})\/(?<count>\d{1,4})$/u.exec(shard)?.groups;
  const index = Number(parts?.["index"]);
  const devices = Number(parts?.["count"]);
  if (!(index < devices)) throw new NodeError("USAGE", `--shard is I/N with I from 0 to N − 1, not ${shard}`);
  const isDrawn = data === "drawn";
  const whole = isDrawn ? undefined : readTraining(fromUserFolder(data, process.env));
  const labels = whole?.labels ?? drawnLabels(DRAWN_TRAINING_COUNT);
  const sizeMin = Math.min(PARTITION_SIZE_MIN, Math.floor(labels.length / devices));
  const indexes =
    dirichletPartition({ labels, devices, alpha: PARTITION_ALPHA, sizeMin, seed })[index] ?? new Uint32Array();
  return whole === undefined ? drawDigits({ seed: `${seed}/train`, indexes }) : subset(whole, indexes);
}

function readTraining(folder: string): DigitDataSet {
  try {
    return loadHalf(folder, "train");
  } catch (cause) {
    if (cause instanceof IdxError) throw new NodeError("FILE_MALFORMED", cause.message, { cause });
    throw cause;
  }
}
