// Scenario "updates": signed model updates with their payload from simulated devices, one network for each payload size.

import { VERSION_UPDATES_MAX, mustExist, weightsOf } from "@selvedge/integrity";
import { type NetworkModel, makeTestNetwork } from "@selvedge/node";
import type { UpdatesOptions } from "../lib/arguments.ts";
import { type ProfileWindow, monotonicUs } from "../lib/cpu-profile.ts";
import { LatencyHistogram, type LatencySummary } from "../lib/histogram.ts";
import { LoadGenerator } from "../lib/load-generator.ts";
import { type Pipeline, networkPlan, startNetwork } from "../lib/pipeline.ts";
import { cpuSecondsOf, folderBytes, peakRssBytesOf } from "../lib/process-stats.ts";
import { warmUpSeconds } from "../lib/schedule.ts";
import type { UpdatesOrder, UpdatesResult } from "../lib/updates-types.ts";
import type { RunContext } from "./network.ts";

const UPDATES_WORKER = new URL("../updates-worker.ts", import.meta.url);
const DRAIN_SECONDS = 15;
const MODEL_ID = "bench";

export interface UpdatesPart {
  /** As asked for; the safetensors header comes on top. */
  readonly deltaBytes: number;
  readonly load: Omit<UpdatesResult, "latencies">;
  readonly certifiedPerSecond: number;
  readonly payloadBytesPerSecond: number;
  readonly latencies: Readonly<Record<keyof UpdatesResult["latencies"], LatencySummary>>;
  readonly nodes: readonly {
    readonly name: string;
    readonly cpuSeconds: number;
    readonly peakRssBytes: number;
    readonly diskBytes: number;
  }[];
  readonly diskBytesPerPayloadByte: number;
  readonly window: ProfileWindow;
}

export interface UpdatesReport {
  readonly options: UpdatesOptions;
  readonly parts: readonly UpdatesPart[];
}

export async function runUpdates(options: UpdatesOptions, context: RunContext): Promise<UpdatesReport> {
  const parts: UpdatesPart[] = [];
  for (const deltaBytes of options.payloads) {
    context.note(`updates: ${options.rate}/s of ${deltaBytes} B for ${options.seconds} s`);
    const part = await runPart(options, context, deltaBytes);
    const { receipt, certified, version } = part.latencies;
    context.note(
      `updates: p50 receipt ${receipt.p50Ms.toFixed(0)} ms, certified ${certified.p50Ms.toFixed(0)} ms, version ${version.p50Ms.toFixed(0)} ms`,
    );
    parts.push(part);
  }
  return { options, parts };
}

async function runPart(options: UpdatesOptions, context: RunContext, deltaBytes: number): Promise<UpdatesPart> {
  const network = networkPlan(options.nodes, {
    devices: options.devices,
    models: [modelOf(deltaBytes, options.buffer)],
  });
  const { bundle, devices } = makeTestNetwork(network);
  const folder = `${context.folder}/${deltaBytes}`;
  const pipeline = await startNetwork({ folder, network, profileFolder: context.profileFolder });
  const generator = await LoadGenerator.start<UpdatesOrder, UpdatesResult>(UPDATES_WORKER);
  try {
    const order: UpdatesOrder = {
      targets: pipeline.nodes.map(({ apiUrl }) => apiUrl),
      genesisText: bundle.text,
      deviceSecrets: devices.map(({ secrets }) => secrets.signing),
      modelId: MODEL_ID,
      buffer: options.buffer,
      rate: options.rate,
      seconds: options.seconds,
      warmUpSeconds: warmUpSeconds(options.seconds),
      drainSeconds: DRAIN_SECONDS,
    };
    return await measurePart(pipeline, { generator, order, deltaBytes });
  } finally {
    generator.stop();
    await pipeline.stop();
  }
}

interface PartRun {
  readonly generator: LoadGenerator<UpdatesOrder, UpdatesResult>;
  readonly order: UpdatesOrder;
  readonly deltaBytes: number;
}

async function measurePart(
  { nodes, failed }: Pipeline,
  { generator, order, deltaBytes }: PartRun,
): Promise<UpdatesPart> {
  const diskBefore = nodes.map(({ dataFolder }) => folderBytes(dataFolder));
  const cpu = { begin: nodes.map(() => 0), end: nodes.map(() => 0) };
  const clock = { begin: 0, end: 0 };
  const running = generator.run(order, (edge) => {
    clock[edge] = monotonicUs();
    cpu[edge] = nodes.map(({ pid }) => cpuSecondsOf(pid));
  });
  const { latencies, ...load } = await Promise.race([running, failed]);
  const use = nodes.map(({ name, pid, dataFolder }, index) => ({
    name,
    cpuSeconds: mustExist(cpu.end[index], "one a node") - mustExist(cpu.begin[index], "one a node"),
    peakRssBytes: peakRssBytesOf(pid),
    diskBytes: folderBytes(dataFolder) - mustExist(diskBefore[index], "one a node"),
  }));
  const certifiedPerSecond = load.windowCertified / load.windowSeconds;
  const diskBytes = use.reduce((sum, node) => sum + node.diskBytes, 0) / use.length;
  return {
    deltaBytes,
    load,
    certifiedPerSecond,
    payloadBytesPerSecond: certifiedPerSecond * load.payloadBytes,
    latencies: {
      upload: summaryOf(latencies.upload),
      receipt: summaryOf(latencies.receipt),
      certified: summaryOf(latencies.certified),
      version: summaryOf(latencies.version),
    },
    nodes: use,
    diskBytesPerPayloadByte: diskBytes / (load.certified * load.payloadBytes),
    window: { beginUs: clock.begin, endUs: clock.end },
  };
}

function summaryOf(snapshot: UpdatesResult["latencies"]["receipt"]): LatencySummary {
  const histogram = new LatencyHistogram();
  histogram.merge(snapshot);
  return histogram.summary();
}

/** One tensor whose f32 delta has this many bytes. */
function modelOf(deltaBytes: number, buffer: number): NetworkModel {
  const length = Math.floor(deltaBytes / 4);
  return {
    id: MODEL_ID,
    weights: weightsOf([{ name: "w", shape: [length], values: new Float32Array(length) }]),
    policy: {
      bufferSize: buffer,
      minimum: 1,
      // Long enough that versions close because the buffer is full.
      windowCommits: 10_000,
      // What is measured is the pace of updates, whoever signed them.
      perDeviceMax: VERSION_UPDATES_MAX,
      maxStaleness: 1000,
      sampleWeightMax: 1,
      normMax: 65_536 * 1_000_000,
      aggregator: { name: "weighted-mean", clip: "median-norm" },
    },
  };
}
