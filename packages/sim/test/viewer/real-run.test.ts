// A run of the laboratory, from scenario to view: an adversary that hides every known leader is to be seen for what it is.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { readTrace } from "../../src/trace/read-trace.ts";
import { createTraceWriter } from "../../src/trace/trace-writer.ts";
import { buildView } from "../../src/viewer/build-view.ts";
import { SCENARIO_EXAMPLE } from "../trace/example-scenario.ts";

const scenario: Scenario = {
  ...SCENARIO_EXAMPLE,
  name: "hidden leaders",
  durationMs: 2500,
  network: { latency: { type: "uniform", minMs: 8, maxMs: 12 } },
  faults: [{ type: "crash", nodes: [3], fromMs: 1800, toMs: 2200 }],
  adversary: { behaviours: [{ name: "leader-scheduler", toMs: 1700 }] },
  workload: { transactionsPerSecond: 40, transactionBytes: 64 },
};

describe("a run under an adversary that hides leaders", () => {
  let text = "";
  const writer = createTraceWriter({ scenario, sink: (line) => (text += line) });
  const result = runScenario(scenario, { observers: [writer.observer] });
  writer.finish(result);
  const view = buildView(readTrace(text));

  it("shows P slots skipped, C slots committed in their place, and void ones where a P slot was committed", () => {
    const counts = new Map<string, number>();
    for (const { kind, state } of view.slots) counts.set(`${kind} ${state}`, (counts.get(`${kind} ${state}`) ?? 0) + 1);
    expect(counts.get("P skip")).toBeGreaterThan(10);
    expect(counts.get("C commit")).toBeGreaterThan(1);
    expect(counts.get("P commit")).toBeGreaterThan(1);
    expect(view.notes).toEqual([]);
  });

  it("shows the adversary's acts, the crash, and the verdict of the run", () => {
    expect(view.acts.some(({ name, count }) => name.startsWith("leader-scheduler") && count > 10)).toBe(true);
    expect(view.faults.map(({ kind, fromUs, toUs }) => [kind, fromUs, toUs])).toEqual([
      ["crash", 1_800_000, 2_200_000],
      ["behaviour", 0, 1_700_000],
    ]);
    expect(view.nodes[3]?.states.slice(0, 2)).toEqual([
      [1_800_000, "down"],
      [2_200_000, "up"],
    ]);
    expect(view.verdict).toBe(result.verdict);
    expect(view.facts).toContainEqual(["commits", String(result.metrics.commitCount)]);
  });

  it("changes nothing of the run", () => {
    expect(runScenario(scenario)).toEqual(result);
  });
});
