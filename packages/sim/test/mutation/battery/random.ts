// Networks and machines that fail at random, drawn from a seed by plain arithmetic. Nobody is corrupted.

import type { FaultSpec, LatencySpec, Scenario } from "../../../src/scenario/schema.ts";
import { BASE, type BatteryEntry, PARAMS } from "./base.ts";

const LATENCIES: readonly LatencySpec[] = [
  { type: "uniform", minMs: 2, maxMs: 40 },
  { type: "exponential", minMs: 3, meanMs: 15 },
  { type: "pareto", minMs: 4, shape: 1.3 },
  { type: "logNormal", medianMs: 10, sigma: 0.8 },
];
const DISKS = ["unsynced", "torn", "clean"] as const;

function randomScenario(seed: number): BatteryEntry {
  const size = seed === 3 ? 7 : 4;
  const latency = LATENCIES[seed % LATENCIES.length] ?? BASE.network.latency;
  const scenario: Scenario = {
    ...BASE,
    name: `random-${seed}`,
    seed,
    durationMs: 3500,
    committee: { size },
    protocol: { ...BASE.protocol, params: { ...PARAMS, gcDepth: 6 + 3 * (seed % 3) } },
    network: {
      latency,
      loss: { probability: 0.01 * (1 + (seed % 4)) },
      duplicateProbability: 0.01,
      reorderProbability: 0.05,
      reorderMs: 60,
      corruptProbability: 0.005,
      isFifo: seed % 2 === 0,
    },
    faults: [...partitions(seed), ...crashes(seed, size), ...clocks(seed, size)],
    adversary: { behaviours: seed % 2 === 0 ? [{ name: "random-scheduler" }] : [] },
  };
  return { family: "random", scenario };
}

function partitions(seed: number): readonly FaultSpec[] {
  const everyMs = 150 + 50 * (seed % 4);
  return [
    {
      type: "partition",
      fromMs: 400,
      toMs: 1100,
      shape: { type: "random", sides: 2, everyMs },
      mode: seed % 2 === 0 ? "hold" : "drop",
    },
    { type: "partition", fromMs: 2900, toMs: 3200, shape: { type: "leader" } },
  ];
}

/** One node after the other, so that a quorum mostly runs; the first comes back twice. */
function crashes(seed: number, size: number): readonly FaultSpec[] {
  return [0, 1, 2, 0].map((step, position) => ({
    type: "crash",
    nodes: [(seed + step) % size],
    fromMs: 1200 + 450 * position,
    toMs: 1350 + 450 * position + 40 * (seed % 5),
    disk: DISKS[(seed + position) % DISKS.length] ?? "clean",
  }));
}

function clocks(seed: number, size: number): readonly FaultSpec[] {
  return [{ type: "clock", nodes: [(seed + 1) % size], fromMs: 100, toMs: 3400, offsetMs: 500, stepEveryMs: 300 }];
}

export const RANDOM_BATTERY: readonly BatteryEntry[] = [1, 2, 3, 4, 5, 10].map(randomScenario);
