// What a run is called, and that nothing is called a PASS which proves nothing (G23, G24).

import { describe, expect, it } from "vitest";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario, withFaults } from "./scenarios.ts";

describe("verdicts", () => {
  it("PASS: a good network commits, executes and recovers", () => {
    const result = runScenario(goodScenario());
    expect(result.verdict).toBe("PASS");
    expect(result.findings).toEqual([]);
    expect(result.metrics.commitCount).toBeGreaterThan(50);
    expect(result.metrics.committedCount).toBeGreaterThan(100);
    expect(result.recoveryMs).toBeGreaterThan(0);
    expect(result.isCryptoModelled).toBe(true);
    expect(result.notes.join()).toContain("modelled");
  });

  it("PASS with real signatures and a real coin", () => {
    const result = runScenario(goodScenario({ durationMs: 600, execution: { crypto: "real" } }));
    expect(result.verdict).toBe("PASS");
    expect(result.isCryptoModelled).toBe(false);
  });

  it("STALLED: more than F validators are gone for good", () => {
    const result = runScenario(withFaults({ type: "crash", nodes: [2, 3], fromMs: 500 }));
    expect(result.verdict).toBe("STALLED");
    expect(result.findings[0]?.class).toBe("no-quorum");
  });

  it("and F of them are borne, from the first instant too", () => {
    expect(runScenario(withFaults({ type: "crash", nodes: [3], fromMs: 500 })).verdict).toBe("PASS");
    expect(runScenario(withFaults({ type: "crash", nodes: [3] })).verdict).toBe("PASS");
  });

  it("STALLED: the core commits nothing within the bound", () => {
    const result = runScenario(goodScenario({ liveness: { boundMs: 5 } }));
    expect(result.verdict).toBe("STALLED");
    expect(result.findings[0]?.class).toBe("recovery");
  });

  it("INCONCLUSIVE: nothing was committed", () => {
    const { liveness: _liveness, ...scenario } = goodScenario({ durationMs: 20 });
    const result = runScenario(scenario);
    expect(result.verdict).toBe("INCONCLUSIVE");
    expect(result.findings.map((finding) => finding.class)).toContain("no-commits");
  });

  it("INCONCLUSIVE: a fault that was asked for never acted", () => {
    const result = runScenario(withFaults({ type: "crash", nodes: [1], fromMs: 9000, toMs: 9500 }));
    expect(result.verdict).toBe("INCONCLUSIVE");
    expect(result.fired["crash#0"]).toBe(0);
    expect(result.findings[0]?.class).toBe("silent-fault");
  });

  it("INCONCLUSIVE: a checker that was asked for could not have found anything", () => {
    const { liveness: _liveness, ...scenario } = goodScenario({ durationMs: 1000 });
    const checks = { commitGapMaxMs: 1, censorshipMaxMs: 1 };
    const blind = runScenario({ ...scenario, checks, faults: [{ type: "link", extraDelayMs: 1 }] });
    expect(blind.verdict).toBe("INCONCLUSIVE");
    expect(blind.exercised).toMatchObject({ progress: 0, censorship: 0 });
    const mistyped = runScenario({ ...scenario, checks: { gauges: { blocksInMemry: 1 } } });
    expect(mistyped.verdict).toBe("INCONCLUSIVE");
    expect(mistyped.findings[0]).toMatchObject({ class: "idle-checker" });
    expect(mistyped.findings[0]?.detail).toContain("blocksInMemory");
  });

  it("INCONCLUSIVE: the network broke the contract of partial synchrony", () => {
    const network = { latency: { type: "constant", ms: 40 }, synchrony: { gstMs: 500, deltaMs: 30 } } as const;
    const result = runScenario(goodScenario({ network }));
    expect(result.verdict).toBe("INCONCLUSIVE");
    expect(result.findings[0]?.class).toBe("synchrony");
    const kept = { ...network, synchrony: { gstMs: 500, deltaMs: 40 } };
    expect(runScenario(goodScenario({ network: kept })).verdict).toBe("PASS");
  });

  it("UNSAFE, whatever was found before: a stall hides no break of safety", () => {
    const split = goodScenario({
      seed: 1,
      network: { latency: { type: "uniform", minMs: 5, maxMs: 80 } },
      adversary: { budget: { nodes: 2 }, behaviours: [{ name: "equivocator", nodes: [2, 3] }] },
    });
    const alone = runScenario(split);
    expect(alone.findings[0]?.class).toBe("agreement");
    const stalled = runScenario({ ...split, checks: { commitGapMaxMs: 30 } });
    expect(stalled.violations[0]?.checker).toBe("progress");
    expect(stalled.verdict).toBe("UNSAFE");
    expect(stalled.findings[0]).toEqual(alone.findings[0]);
  });

  it("CRASHED: what a process throws is found and named", () => {
    const hostile: Adversary = {
      name: "breaker",
      power: "content",
      // A body that no honest code sends: the host must not be able to receive it, so this reaches into the process.
      onMessage: (message) => {
        for (const block of message.blocks) Reflect.set(block, "body", undefined);
        return undefined;
      },
    };
    const result = runScenario(goodScenario(), { adversaries: [hostile] });
    expect(result.verdict).toBe("CRASHED");
    expect(result.findings[0]?.class).toMatch(/^exception TypeError at [\w/.-]+\.ts:\d+$/u);
  });
});
