// Nobody signs twice, whatever happened to its disk (F21, F22, F65, F120): stores, safety records and whole disks lost or
// of an older day, in a network that goes on meanwhile. The checkers watch every block that anybody accepts.

import { describe, expect, it } from "vitest";
import type { DiskLoss } from "../../src/process/sim-disk.ts";
import type { Observed } from "../../src/protocol/observation.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { FaultSpec, Scenario } from "../../src/scenario/schema.ts";
import { goodScenario } from "../run/scenarios.ts";

const LISTENING = { doppelgangerRounds: 4 };

function mishap(disk: DiskLoss, seed: number, changes: Partial<Scenario> = {}): Scenario {
  return goodScenario({
    seed,
    durationMs: 2200,
    protocol: { name: "selvedge", local: LISTENING },
    faults: [{ type: "crash", nodes: [1], fromMs: 900, toMs: 1100, disk }],
    ...changes,
  });
}

function run(scenario: Scenario): {
  readonly result: ReturnType<typeof runScenario>;
  readonly roundsOf: (node: number) => { readonly before: readonly number[]; readonly after: readonly number[] };
} {
  const signed: Extract<Observed, { type: "signed" }>[] = [];
  const result = runScenario(scenario, {
    observers: [{ onObserved: (event) => void (event.type === "signed" && signed.push(event)) }],
  });
  const roundsOf = (node: number): { readonly before: readonly number[]; readonly after: readonly number[] } => {
    const own = signed.filter((event) => event.node === node);
    const rounds = (events: typeof own): number[] => events.map(({ round }) => round);
    return {
      before: rounds(own.filter(({ atUs }) => atUs <= 900_000)),
      after: rounds(own.filter(({ atUs }) => atUs > 900_000)),
    };
  };
  return { result, roundsOf };
}

describe("a validator whose disk is not what it was", () => {
  it.each([
    ["wiped", 1],
    ["rolledBack", 1],
    ["rolledBack", 2],
    ["safetyLost", 1],
    ["storeLost", 1],
  ] as const)("%s: goes on above what it signed, and the network with it (seed %i)", (disk, seed) => {
    const { result, roundsOf } = run(mishap(disk, seed));
    expect(result.findings).toEqual([]);
    expect(result.verdict).toBe("PASS");
    const { before, after } = roundsOf(1);
    expect(after.length).toBeGreaterThan(10);
    expect(Math.min(...after)).toBeGreaterThan(Math.max(...before));
  });

  it("signs nothing while one of the others is away, though it starts again with what the two others gave back", () => {
    const faults: FaultSpec[] = [
      { type: "crash", nodes: [2], fromMs: 850, toMs: 1900 },
      { type: "crash", nodes: [1], fromMs: 900, toMs: 1000, disk: "rolledBack" },
      { type: "crash", nodes: [1], fromMs: 1300, toMs: 1400 },
    ];
    const { result, roundsOf } = run(mishap("rolledBack", 1, { durationMs: 3500, faults }));
    expect(result.findings).toEqual([]);
    const [last = 0] = roundsOf(1).before.slice(-1);
    const { after } = roundsOf(1);
    expect(after.length).toBeGreaterThan(10);
    expect(Math.min(...after)).toBeGreaterThan(last + LISTENING.doppelgangerRounds);
  });

  it("all of them wiped but for a quorum, one after the other, with updates on the way", () => {
    const faults = [0, 1, 2].map((node): FaultSpec => {
      const fromMs = 600 + 1000 * node;
      return { type: "crash", nodes: [node], fromMs, toMs: fromMs + 100, disk: "storeLost" };
    });
    const workload = { transactionsPerSecond: 50, transactionBytes: 64, devices: 2, updateEveryMs: 300, modelSize: 4 };
    const { result } = run(mishap("storeLost", 4, { durationMs: 4200, faults, workload }));
    expect(result.findings.filter(({ verdict }) => verdict === "UNSAFE")).toEqual([]);
  });

  it("all lose power at once and whole disks come back: nobody waits for anybody (F50)", () => {
    const faults: FaultSpec[] = [{ type: "crash", nodes: "all", fromMs: 900, toMs: 1100, disk: "unsynced" }];
    const { result, roundsOf } = run(mishap("wiped", 5, { faults }));
    expect(result.findings).toEqual([]);
    for (const node of [0, 1, 2, 3]) expect(roundsOf(node).after.length).toBeGreaterThan(20);
  });

  it("an older disk in a network that asks nobody signs rounds twice: that is what the asking is for", () => {
    const verdictOf = (seed: number): string =>
      run({ ...mishap("rolledBack", seed), protocol: { name: "selvedge" } }).result.verdict;
    // A round is signed twice only where the others have gone no further meanwhile.
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].some((seed) => verdictOf(seed) === "UNSAFE")).toBe(true);
  });
});
