// Pieces that the built-in scenarios share. Every one is a plain scenario: what a user can write, and no more.

import type { NetworkSpec, Scenario } from "../schema.ts";

/** A scenario with its one-line purpose, as `selvedge sim scenarios` lists it. */
export interface BuiltinScenario {
  readonly summary: string;
  readonly scenario: Scenario;
}

export const LAN: NetworkSpec = {
  latency: { type: "logNormal", medianMs: 0.5, sigma: 0.2 },
  bandwidth: { egressMbps: 10_000, ingressMbps: 10_000 },
};

/** The five regions that the benchmarks of DAG protocols use: Virginia, California, Stockholm, Tokyo, Sydney. */
export const WAN: NetworkSpec = {
  latency: { type: "matrix", matrix: "bft-5", jitterSigma: 0.05 },
  bandwidth: { egressMbps: 1000, ingressMbps: 1000 },
};

/** Ten nodes on five continents under a steady load, with a demand for progress at the end. */
export const WAN_10: Omit<Scenario, "name"> = {
  format: 1,
  seed: 1,
  durationMs: 30_000,
  committee: { size: 10 },
  protocol: { name: "selvedge" },
  execution: { crypto: "modelled" },
  network: WAN,
  faults: [],
  adversary: { behaviours: [] },
  workload: { transactionsPerSecond: 500, transactionBytes: 512, arrivals: "poisson" },
  liveness: { core: "random" },
};
