// Scenarios for tests: a small good network, and changes to it.

import type { FaultSpec, Scenario } from "../../src/scenario/schema.ts";

export function goodScenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    format: 1,
    name: "good",
    seed: 1,
    durationMs: 3000,
    committee: { size: 4 },
    protocol: { name: "selvedge" },
    execution: { crypto: "modelled" },
    network: { latency: { type: "uniform", minMs: 5, maxMs: 25 } },
    faults: [],
    adversary: { behaviours: [] },
    workload: { transactionsPerSecond: 50, transactionBytes: 64 },
    liveness: {},
    ...changes,
  };
}

export function withFaults(...faults: readonly FaultSpec[]): Scenario {
  return goodScenario({ faults: [...faults] });
}
