// The baseline in the real world of the simulator: networks that lose, damage and reorder, power failures, and the two
// situations that a leader-based protocol cannot bear. Every checker that fits it watches.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../../src/run/run-scenario.ts";
import type { Scenario } from "../../../src/scenario/schema.ts";
import { hotStuffScenario } from "./small-world.ts";

const BASE: Scenario = {
  ...hotStuffScenario(4, { timeoutMs: 200 }),
  durationMs: 8000,
  network: { latency: { type: "logNormal", medianMs: 20, sigma: 0.5 } },
  workload: { transactionsPerSecond: 100, transactionBytes: 128 },
  liveness: { core: "random" },
};
const NASTY: Scenario = {
  ...BASE,
  network: {
    ...BASE.network,
    loss: { probability: 0.03 },
    duplicateProbability: 0.02,
    reorderProbability: 0.05,
    reorderMs: 80,
    corruptProbability: 0.02,
  },
};
const STORM: Scenario = {
  ...BASE,
  faults: [
    { type: "crash", nodes: [0], fromMs: 1500, toMs: 2000, disk: "torn" },
    { type: "crash", nodes: [1, 2], fromMs: 3000, toMs: 3600, disk: "unsynced" },
    { type: "crash", nodes: "all", fromMs: 5000, toMs: 5500, disk: "torn" },
    { type: "disk", nodes: [3], fromMs: 2500, toMs: 6500, slowMs: 15 },
  ],
};

describe("two-chain HotStuff in the world", () => {
  it.each([1, 2, 3, 4])("passes on a network that loses, damages, doubles and reorders (seed %i)", (seed) => {
    const { verdict, findings, metrics } = runScenario({ ...NASTY, seed });
    expect({ verdict, findings }).toEqual({ verdict: "PASS", findings: [] });
    expect(metrics.committedCount).toBeGreaterThan(400);
  });

  it.each([1, 2, 3, 4])("passes through power failures of one, two and all nodes (seed %i)", (seed) => {
    const { verdict, findings } = runScenario({ ...STORM, seed });
    expect({ verdict, findings }).toEqual({ verdict: "PASS", findings: [] });
  });

  it("the same scenario gives the same trace, and every receiver decoding for itself gives the same commits", () => {
    const first = runScenario({ ...NASTY, seed: 9 });
    expect(runScenario({ ...NASTY, seed: 9 }).traceDigest).toBe(first.traceDigest);
    const decoded = runScenario({ ...NASTY, seed: 9, execution: { ...NASTY.execution, codec: "bytes" } });
    expect(decoded.metrics).toEqual(first.metrics);
  });

  it("commits nothing while the network hides every leader for longer than it waits, and goes on afterwards", () => {
    const behaviours = [{ name: "leader-scheduler", options: { holdMaxMs: 8000 } }];
    const { metrics, recoveryMs } = runScenario({ ...BASE, adversary: { behaviours } });
    expect(metrics.committedCount).toBe(0);
    expect(recoveryMs).not.toBeNull();
  });

  it("stands a leader that shows its proposals to F + 1 others only", () => {
    const behaviours = [{ name: "leader-hider", nodes: [3] }];
    const { verdict, fired, metrics } = runScenario({ ...BASE, adversary: { behaviours } });
    expect(verdict).toBe("PASS");
    expect(Object.values(fired).every((count) => count > 0)).toBe(true);
    expect(metrics.committedCount).toBeGreaterThan(300);
  });
});
