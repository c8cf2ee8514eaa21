// What the scenarios of the battery share: four nodes, rounds of some 25 ms, short garbage collection and short leader
// schedules, so that a few seconds of virtual time hold a life.

import type { Adversary } from "../../../src/adversary/adversary.ts";
import type { Scenario } from "../../../src/scenario/schema.ts";

export type Family = "twins" | "random" | "directed";

export interface BatteryEntry {
  readonly family: Family;
  readonly scenario: Scenario;
  /** Besides those that the scenario names; made anew for each run. */
  readonly adversaries?: () => readonly Adversary[];
}

export const LOCAL: Readonly<Record<string, number>> = {
  leaderTimeoutMs: 100,
  roundDelayMinMs: 5,
  idleRoundDelayMs: 100,
  fetchTimeoutMs: 120,
};

export const PARAMS: Readonly<Record<string, number>> = { gcDepth: 12, scheduleEvery: 10 };

export const BASE: Omit<Scenario, "name"> = {
  format: 1,
  seed: 1,
  durationMs: 2500,
  committee: { size: 4 },
  protocol: { name: "selvedge", local: LOCAL, params: PARAMS },
  execution: { crypto: "modelled" },
  network: { latency: { type: "uniform", minMs: 5, maxMs: 20 } },
  faults: [],
  adversary: { behaviours: [] },
  workload: { transactionsPerSecond: 40, transactionBytes: 32, devices: 2, updateEveryMs: 400 },
  liveness: { core: "random" },
};

export const COIN_ONLY: Scenario["protocol"] = { ...BASE.protocol, name: "c-only" };
