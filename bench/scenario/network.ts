// Scenario "network": opaque transactions through real daemons, and the same load through the null pipeline, so that what
// consensus costs stands there as three ratios.

import type { NetworkOptions } from "../lib/arguments.ts";
import { LoadGenerator } from "../lib/load-generator.ts";
import type { LoadOrder, LoadResult } from "../lib/load-types.ts";
import { type Load, type Measurement, measure } from "../lib/measure.ts";
import {
  IDLE_MODEL,
  type Pipeline,
  type PipelinePlan,
  networkPlan,
  startNetwork,
  startNullNetwork,
} from "../lib/pipeline.ts";
import { type Saturation, findSaturation } from "../lib/saturate.ts";

type Generator = LoadGenerator<LoadOrder, LoadResult>;

const LOAD_WORKER = new URL("../load-worker.ts", import.meta.url);
const STEP_SECONDS = 5;
/** For each pipeline; a step that has begun is finished. */
const SATURATE_MAX_MS = 40_000;
/** Load that starts and warms the processes before anything is measured. */
const REHEARSAL_SECONDS = 2;

export interface PipelineReport {
  readonly main: Measurement;
  readonly saturation: Saturation | null;
}

export interface CostOfConsensus {
  readonly cpuPerTransaction: number;
  readonly medianLatency: number;
  /** Null over network: how many times more the null pipeline carries. */
  readonly saturatedRate: number | null;
}

export interface NetworkReport {
  readonly options: NetworkOptions;
  readonly network: PipelineReport;
  readonly null: PipelineReport | null;
  readonly cost: CostOfConsensus | null;
}

export interface RunContext {
  /** For homes of nodes; removed afterwards. */
  readonly folder: string;
  /** Where CPU profiles go, or null. */
  readonly profileFolder: string | null;
  readonly note: (text: string) => void;
}

export async function runNetwork(options: NetworkOptions, context: RunContext): Promise<NetworkReport> {
  const network = networkPlan(options.nodes, { devices: 0, models: [IDLE_MODEL] });
  const generator = await LoadGenerator.start<LoadOrder, LoadResult>(LOAD_WORKER);
  const { folder, profileFolder } = context;
  const run = async (
    start: (plan: PipelinePlan) => Promise<Pipeline>,
    profiles: string | null,
  ): Promise<PipelineReport> => {
    const pipeline = await start({ folder, network, profileFolder: profiles });
    try {
      return await measurePipeline(pipeline, generator, { options, context });
    } finally {
      await pipeline.stop();
    }
  };
  try {
    const real = await run(startNetwork, profileFolder);
    const floor = options.nullPipeline ? await run(startNullNetwork, null) : null;
    return { options, network: real, null: floor, cost: floor === null ? null : costOf(real, floor) };
  } finally {
    generator.stop();
  }
}

interface RunPlan {
  readonly options: NetworkOptions;
  readonly context: RunContext;
}

async function measurePipeline(
  pipeline: Pipeline,
  generator: Generator,
  { options, context }: RunPlan,
): Promise<PipelineReport> {
  const { txBytes, rate, seconds } = options;
  const measured = async (load: Load): Promise<Measurement> => {
    context.note(`${pipeline.name}: ${load.rate} tx/s of ${txBytes} B for ${load.seconds} s`);
    const result = await measure(pipeline, generator, load);
    context.note(
      `${pipeline.name}: ${result.committedPerSecond.toFixed(0)} tx/s acknowledged, p50 ${result.latency.p50Ms.toFixed(0)} ms`,
    );
    return result;
  };
  await measured({ txBytes, rate: Math.min(rate, 500), seconds: REHEARSAL_SECONDS });
  const main = await measured({ txBytes, rate, seconds });
  if (!options.saturate) return { main, saturation: null };
  const deadlineMs = performance.now() + SATURATE_MAX_MS;
  const saturation = await findSaturation({
    first: stepOf(main),
    step: async (stepRate) => stepOf(await measured({ txBytes, rate: stepRate, seconds: STEP_SECONDS })),
    hasTime: () => performance.now() < deadlineMs,
  });
  return { main, saturation };
}

function stepOf({ offeredPerSecond, committedPerSecond, latency }: Measurement): {
  readonly offeredPerSecond: number;
  readonly committedPerSecond: number;
  readonly p50Ms: number;
} {
  return { offeredPerSecond, committedPerSecond, p50Ms: latency.p50Ms };
}

function costOf(network: PipelineReport, floor: PipelineReport): CostOfConsensus {
  const saturated = network.saturation?.committedPerSecond ?? 0;
  return {
    cpuPerTransaction: network.main.cpuMicrosecondsPerTransaction / floor.main.cpuMicrosecondsPerTransaction,
    medianLatency: network.main.latency.p50Ms / floor.main.latency.p50Ms,
    saturatedRate:
      saturated === 0 || floor.saturation === null ? null : floor.saturation.committedPerSecond / saturated,
  };
}
