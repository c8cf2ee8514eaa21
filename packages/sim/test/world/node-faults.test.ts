// Nodes that die, pause, run by wrong clocks and stand on failing disks (G20).

import { describe, expect, it } from "vitest";
import type { Observed } from "../../src/protocol/observation.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { FaultSpec, Scenario } from "../../src/scenario/schema.ts";
import { goodScenario, withFaults } from "../run/scenarios.ts";

function observed(scenario: Scenario): { readonly verdict: string; readonly events: readonly Observed[] } {
  const events: Observed[] = [];
  const { verdict } = runScenario(scenario, { observers: [{ onObserved: (event) => events.push(event) }] });
  return { verdict, events };
}

describe("crash and restart", () => {
  it.each(["clean", "unsynced", "torn"] as const)("with a %s disk a validator comes back and goes on", (disk) => {
    for (const seed of [1, 2]) {
      const scenario = { ...withFaults({ type: "crash", nodes: [1], fromMs: 700, toMs: 1200, disk }), seed };
      const { verdict, events } = observed({
        ...scenario,
        workload: { ...scenario.workload, devices: 2, updateEveryMs: 200 },
      });
      expect(verdict).toBe("PASS");
      const signed = events.filter((event) => event.type === "signed" && event.node === 1);
      expect(signed.some(({ atUs }) => atUs < 700_000)).toBe(true);
      expect(signed.some(({ atUs }) => atUs > 1_200_000)).toBe(true);
      expect(signed.some(({ atUs }) => atUs > 700_000 && atUs < 1_200_000)).toBe(false);
    }
  });

  it("all validators at once: what was synced is there again, nobody signs twice, the chain goes on", () => {
    const result = runScenario(withFaults({ type: "crash", nodes: "all", fromMs: 1000, toMs: 1300, disk: "unsynced" }));
    expect(result.verdict).toBe("PASS");
    expect(result.exercised["no-double-sign"]).toBeGreaterThan(100);
  });

  it("a restart in the middle of a run leaves the same commits as a run that never stopped", () => {
    const commits = (scenario: Scenario): readonly string[] =>
      observed(scenario).events.flatMap((event) =>
        event.type === "committed" && event.node === 1 ? [`${event.index} ${event.digest}`] : [],
      );
    // At the very same instant, from a disk that lost nothing: nobody else can tell.
    const stopped = withFaults({ type: "crash", nodes: [1], fromMs: 999.5, toMs: 999.5, disk: "clean" });
    const restarted = commits(stopped);
    const never = commits(goodScenario());
    expect(never.length).toBeGreaterThan(40);
    expect(restarted.slice(0, 20)).toEqual(never.slice(0, 20));
  });
});

describe("pauses and clocks", () => {
  it("a paused validator says nothing and then catches up", () => {
    const { verdict, events } = observed(withFaults({ type: "pause", nodes: [2], fromMs: 800, toMs: 1500 }));
    expect(verdict).toBe("PASS");
    const signedAt = events.flatMap((event) => (event.type === "signed" && event.node === 2 ? [event.atUs] : []));
    expect(signedAt.some((atUs) => atUs > 800_000 && atUs < 1_500_000)).toBe(false);
    expect(signedAt.some((atUs) => atUs > 1_500_000)).toBe(true);
  });

  const clocks: readonly Extract<FaultSpec, { type: "clock" }>[] = [
    { type: "clock", nodes: [0], fromMs: 300, offsetMs: 3_600_000 },
    { type: "clock", nodes: [0], fromMs: 300, offsetMs: -3_600_000_000 },
    { type: "clock", nodes: [0], fromMs: 300, offsetMs: 60_000, stepEveryMs: 100 },
  ];

  it.each(clocks)("a wrong wall clock changes no decision: offset $offsetMs ms, steps $stepEveryMs", (clock) => {
    const order = (scenario: Scenario): readonly string[] =>
      observed(scenario).events.flatMap((event) =>
        event.type === "committed" && event.node === 2
          ? [`${event.index} ${event.slot} ${event.leader.author} ${event.atUs}`]
          : [],
      );
    const scenario = goodScenario({ network: { latency: { type: "constant", ms: 15 } } });
    const right = order(scenario);
    expect(right.length).toBeGreaterThan(40);
    expect(order({ ...scenario, faults: [clock] })).toEqual(right);
  });

  it("drift changes the pacemaker alone: the run goes on", () => {
    const result = runScenario(
      withFaults({ type: "clock", nodes: [0], driftPpm: 200_000 }, { type: "clock", nodes: [1], driftPpm: -200_000 }),
    );
    expect(result.verdict).toBe("PASS");
  });
});

describe("disks", () => {
  it("a slow disk slows its validator and breaks nothing", () => {
    const fast = runScenario(goodScenario());
    const slow = runScenario(withFaults({ type: "disk", nodes: "all", slowMs: 30 }));
    expect(slow.verdict).toBe("PASS");
    expect(slow.metrics.endToEnd.p50Ms).toBeGreaterThan(fast.metrics.endToEnd.p50Ms + 30);
  });

  it("a full disk stops its validator in an orderly way", () => {
    const { verdict, events } = observed(withFaults({ type: "disk", nodes: [3], fromMs: 500, fullAfterBytes: 2000 }));
    expect(verdict).toBe("PASS");
    expect(events).toContainEqual(expect.objectContaining({ type: "stopped", node: 3, reason: "SIM_DISK_FULL" }));
  });

  it("a flipped bit is found at the next start: the validator refuses to run on it", () => {
    const { verdict, events } = observed(
      withFaults(
        { type: "disk", nodes: [3], fromMs: 900, flipBits: 5 },
        { type: "crash", nodes: [3], fromMs: 1000, toMs: 1200, disk: "clean" },
      ),
    );
    expect(verdict).toBe("PASS");
    expect(events).toContainEqual(expect.objectContaining({ type: "stopped", node: 3, reason: "SIM_DISK_CORRUPT" }));
  });
});
