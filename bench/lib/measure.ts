// Puts one load on one pipeline and reads, over the very window in which acknowledgements are counted, what its processes
// used. Also finds the rate beyond which a pipeline no longer keeps up.

import { type ProfileWindow, monotonicUs } from "./cpu-profile.ts";
import { LatencyHistogram, type LatencySummary } from "./histogram.ts";
import type { LoadGenerator } from "./load-generator.ts";
import type { LoadOrder, LoadResult, LoadSecond } from "./load-types.ts";
import type { Pipeline } from "./pipeline.ts";
import { cpuSecondsOf, folderBytes, machineBusySeconds, peakRssBytesOf } from "./process-stats.ts";
import { warmUpSeconds } from "./schedule.ts";

const DRAIN_SECONDS = 10;

export interface NodeUse {
  readonly name: string;
  /** In the measured window. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  /** What the whole run added to the node's folder. */
  readonly diskBytes: number;
}

export interface Measurement {
  readonly pipeline: "network" | "null";
  readonly load: Omit<LoadResult, "latency" | "sendLag" | "seconds">;
  readonly txBytes: number;
  readonly offeredPerSecond: number;
  readonly committedPerSecond: number;
  readonly committedBytesPerSecond: number;
  readonly latency: LatencySummary;
  readonly sendLag: LatencySummary;
  readonly nodes: readonly NodeUse[];
  /** All nodes together. */
  readonly cpuMicrosecondsPerTransaction: number;
  /** Mean over the nodes, each of which stores everything. */
  readonly diskBytesPerCommittedByte: number;
  /** CPU seconds in the window of everybody but the nodes and the load generator. */
  readonly foreignCpuSeconds: number;
  readonly seconds: readonly LoadSecond[];
  readonly window: ProfileWindow;
}

export interface Load {
  readonly txBytes: number;
  readonly rate: number;
  readonly seconds: number;
}

export async function measure(
  pipeline: Pipeline,
  generator: LoadGenerator<LoadOrder, LoadResult>,
  load: Load,
): Promise<Measurement> {
  const { nodes } = pipeline;
  const diskBefore = nodes.map(({ dataFolder }) => folderBytes(dataFolder));
  const cpu = { begin: nodes.map(() => 0), end: nodes.map(() => 0) };
  const machine = { begin: 0, end: 0 };
  const clock = { begin: 0, end: 0 };
  const order = {
    ...load,
    targets: nodes.map(({ apiUrl }) => apiUrl),
    warmUpSeconds: warmUpSeconds(load.seconds),
    drainSeconds: DRAIN_SECONDS,
  };
  const running = generator.run(order, (edge) => {
    cpu[edge] = nodes.map(({ pid }) => cpuSecondsOf(pid));
    machine[edge] = machineBusySeconds();
    clock[edge] = monotonicUs();
  });
  const result = await Promise.race([running, pipeline.failed]);
  const use = nodes.map(({ name, pid, dataFolder }, index) => ({
    name,
    cpuSeconds: (cpu.end[index] ?? 0) - (cpu.begin[index] ?? 0),
    peakRssBytes: peakRssBytesOf(pid),
    diskBytes: folderBytes(dataFolder) - (diskBefore[index] ?? 0),
  }));
  return summary(pipeline, {
    load,
    result,
    use,
    busySeconds: machine.end - machine.begin,
    window: { beginUs: clock.begin, endUs: clock.end },
  });
}

interface Measured {
  readonly load: Load;
  readonly result: LoadResult;
  readonly use: readonly NodeUse[];
  readonly busySeconds: number;
  readonly window: ProfileWindow;
}

function summary({ name }: Pipeline, { load, result, use, busySeconds, window }: Measured): Measurement {
  const { latency, sendLag, seconds, ...counts } = result;
  const cpuSeconds = use.reduce((sum, node) => sum + node.cpuSeconds, 0);
  const diskBytes = use.reduce((sum, node) => sum + node.diskBytes, 0);
  const committedPerSecond = counts.windowCommitted / counts.windowSeconds;
  // The generator's CPU is known for its whole run; its share of the window is taken as proportional.
  const generatorSeconds = (counts.generatorCpuSeconds * counts.windowSeconds) / load.seconds;
  return {
    pipeline: name,
    load: counts,
    txBytes: load.txBytes,
    offeredPerSecond: load.rate,
    committedPerSecond,
    committedBytesPerSecond: committedPerSecond * load.txBytes,
    latency: summaryOf(latency),
    sendLag: summaryOf(sendLag),
    nodes: use,
    cpuMicrosecondsPerTransaction: (1e6 * cpuSeconds) / counts.windowCommitted,
    diskBytesPerCommittedByte: diskBytes / use.length / (counts.committed * load.txBytes),
    foreignCpuSeconds: Math.max(0, busySeconds - cpuSeconds - generatorSeconds),
    seconds,
    window,
  };
}

function summaryOf(snapshot: LoadResult["latency"]): LatencySummary {
  const histogram = new LatencyHistogram();
  histogram.merge(snapshot);
  return histogram.summary();
}
