// The speed table of docs/simulator.md: the queue alone, the world without a protocol, and whole runs of the real engine
// with modelled crypto. One core, CPU seconds, one size after the other; nothing else should run meanwhile.

import { parseArgs } from "node:util";
import { type Scenario, runScenario } from "@selvedge/sim";
import { type SpeedRow, kernelSpeed, secondsSince, worldSpeed } from "./world-speed.ts";

const KERNEL_SIZES: readonly number[] = [16, 128, 512, 1024];
const WORLD_SIZES: readonly number[] = [16, 128, 512];
/** Virtual milliseconds by size: some hundred thousand deliveries each. */
const ENGINE_RUNS: readonly (readonly [number, number])[] = [
  [16, 10_000],
  [64, 2500],
  [128, 1200],
  [512, 400],
];

export function speedMain(argv: readonly string[]): void {
  const { values } = parseArgs({ args: [...argv], options: { quick: { type: "boolean", default: false } } });
  const scale = values.quick ? 0.1 : 1;
  process.stdout.write("what          n   deliveries  CPU s   deliveries/s       events/s   MiB\n");
  // Warm code: the first row is no slower than the others for being first.
  kernelSpeed(16, 200_000);
  for (const size of KERNEL_SIZES) print(kernelSpeed(size, 6_000_000 * scale));
  worldSpeed(16, 50_000);
  for (const size of WORLD_SIZES) print(worldSpeed(size, 1_500_000 * scale));
  engineSpeed(16, 1000, false);
  for (const [size, durationMs] of ENGINE_RUNS) {
    print(engineSpeed(size, durationMs * scale, false));
    print(engineSpeed(size, durationMs * scale, true));
  }
}

function engineSpeed(size: number, durationMs: number, hasCheckers: boolean): SpeedRow {
  const scenario: Scenario = {
    format: 1,
    name: "engine-speed",
    seed: 1,
    durationMs,
    committee: { size },
    protocol: { name: "selvedge" },
    execution: { crypto: "modelled", ledger: false },
    network: { latency: { type: "uniform", minMs: 20, maxMs: 60 } },
    faults: [],
    adversary: { behaviours: [] },
    workload: { transactionsPerSecond: 100, transactionBytes: 64 },
  };
  const start = process.cpuUsage();
  const { metrics } = runScenario(scenario, hasCheckers ? {} : { checkers: [] });
  return {
    what: hasCheckers ? "engine+check" : "engine",
    size,
    deliveries: metrics.messagesDelivered,
    events: metrics.eventCount,
    cpuSeconds: secondsSince(start),
  };
}

function print({ what, size, deliveries, events, cpuSeconds }: SpeedRow): void {
  const rate = (count: number): string => Math.round(count / cpuSeconds).toLocaleString("en");
  const mebibytes = Math.round(process.memoryUsage().rss / 1024 / 1024);
  process.stdout.write(
    `${what.padEnd(12)} ${String(size).padStart(4)} ${String(deliveries).padStart(12)} ${cpuSeconds.toFixed(2).padStart(6)} ` +
      `${rate(deliveries).padStart(14)} ${rate(events).padStart(14)} ${String(mebibytes).padStart(5)}\n`,
  );
}
