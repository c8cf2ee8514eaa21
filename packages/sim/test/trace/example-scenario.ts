// The least that a scenario must say.

import type { Scenario } from "../../src/scenario/schema.ts";

export const SCENARIO_EXAMPLE: Scenario = {
  format: 1,
  name: "traced",
  seed: 1,
  durationMs: 1000,
  committee: { size: 4 },
  protocol: { name: "selvedge" },
  execution: { crypto: "modelled" },
  network: { latency: { type: "constant", ms: 10 } },
  faults: [],
  adversary: { behaviours: [] },
  workload: { transactionsPerSecond: 0, transactionBytes: 24 },
};
