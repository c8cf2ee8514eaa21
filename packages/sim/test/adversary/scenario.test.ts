// Every named villain against the real thing: n = 4 with one node corrupted (or the network the villain's). It must have
// acted, nothing unsafe may have come of it, and commits must have gone on. Beyond F, the same villains must win.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AdversaryError } from "../../src/adversary/adversary-error.ts";
import { guarded } from "../../src/adversary/guard.ts";
import { loadAdversary } from "../../src/adversary/load-adversary.ts";
import { BEHAVIOURS } from "../../src/adversary/registry.ts";
import type { RunObserver } from "../../src/run/observer.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { BehaviourSpec, Scenario } from "../../src/scenario/schema.ts";

/** Defaults are meant for longer runs; the flood costs the time of all the others together. */
const OPTIONS: Readonly<Record<string, BehaviourSpec["options"]>> = {
  "chain-bomb": { periodMs: 500 },
  "crash-recover": { periodMs: 600, downMs: 300 },
  "double-signer": { everyMs: 400 },
  "reference-flooder": { blocksPerRound: 1 },
};

function scenarioOf(behaviours: readonly BehaviourSpec[], change: Partial<Scenario> = {}): Scenario {
  return {
    format: 1,
    name: "villain",
    seed: 7,
    durationMs: 1500,
    committee: { size: 4 },
    protocol: { name: "selvedge" },
    execution: { crypto: "modelled" },
    network: { latency: { type: "uniform", minMs: 5, maxMs: 15 } },
    faults: [],
    adversary: { behaviours: [...behaviours] },
    workload: { transactionsPerSecond: 100, transactionBytes: 64, devices: 3, updateEveryMs: 300 },
    liveness: { core: "all" },
    ...change,
  };
}

/** Counts commits of node 0 while the adversary is at work. */
function commitCounter(untilMs: number): { readonly observer: RunObserver; readonly count: () => number } {
  let count = 0;
  return {
    observer: {
      onObserved: ({ type, node, atUs }) => {
        if (type === "committed" && node === 0 && atUs < untilMs * 1000) count += 1;
      },
    },
    count: () => count,
  };
}

describe("one villain at n = 4", () => {
  test.each(BEHAVIOURS.map(({ name }) => name))("%s acts, and the protocol stands", (name) => {
    const options = OPTIONS[name];
    const result = runScenario(scenarioOf([{ name, ...(options && { options }) }]));
    expect({ verdict: result.verdict, findings: result.findings }).toEqual({ verdict: "PASS", findings: [] });
    expect(result.fired[name]).toBeGreaterThan(0);
    expect(result.metrics.commitCount).toBeGreaterThan(2);
  });
});

test("the whole rogues' gallery on one node, each in its window, with the network against us", () => {
  const nodes = [3];
  const result = runScenario(
    scenarioOf([
      { name: "timestamp-liar", nodes },
      { name: "leader-shunner", nodes, fromMs: 300, toMs: 700 },
      { name: "equivocator", nodes, fromMs: 500, toMs: 1100 },
      { name: "late-sender", nodes, fromMs: 900, options: { delayMs: 40 } },
      { name: "random-scheduler", toMs: 1200 },
    ]),
  );
  expect({ verdict: result.verdict, findings: result.findings }).toEqual({ verdict: "PASS", findings: [] });
});

describe("beyond F", () => {
  const budget = { nodes: 2 };
  const two = (name: string): Scenario =>
    scenarioOf([], { adversary: { behaviours: [{ name, nodes: [2, 3] }], budget } });

  test("two equivocators of four that collude break agreement, and the checkers say so", () => {
    const isUnsafe = (seed: number): boolean => runScenario({ ...two("equivocator"), seed }).verdict === "UNSAFE";
    // They must meet rounds in which the split decides something.
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].some(isUnsafe)).toBe(true);
  });

  test("two silent ones of four stop everything", () => {
    const result = runScenario(two("silent"));
    expect(result.verdict).toBe("STALLED");
    expect(result.metrics.commitCount).toBe(0);
  });

  test("without a budget that says so, the second is refused", () => {
    const result = runScenario(scenarioOf([{ name: "silent", nodes: [2, 3] }]));
    expect(result.verdict).toBe("PASS");
    expect(result.adversary).toMatchObject({ nodesUsed: 1, "refused.nodes": 1 });
  });
});

describe("the scheduler that hides every known leader", () => {
  const commitsUnder = (protocol: string): number => {
    const counter = commitCounter(3000);
    const scenario = scenarioOf([{ name: "leader-scheduler" }], { durationMs: 3000, protocol: { name: protocol } });
    runScenario(scenario, { observers: [counter.observer] });
    return counter.count();
  };

  test("stops the rule with known leaders alone", () => {
    expect(commitsUnder("p-only")).toBe(0);
  });

  test("does not stop ours", () => {
    expect(commitsUnder("selvedge")).toBeGreaterThan(2);
  });
});

describe("adversaries of one's own", () => {
  const load = (name: string): ReturnType<typeof loadAdversary> =>
    loadAdversary(join(import.meta.dirname, "../../examples", name));

  test.each(["hide-leaders.ts", "silence-leaders.ts"])(
    "example %s acts within its power and nothing breaks",
    async (name) => {
      const result = runScenario(scenarioOf([]), { adversaries: [await load(name)] });
      expect({ verdict: result.verdict, findings: result.findings }).toEqual({ verdict: "PASS", findings: [] });
      expect(result.fired[name.replace(".ts", "")]).toBeGreaterThan(0);
    },
  );

  test("one that throws ends the run with its own error, not with a verdict", () => {
    const adversary = guarded({
      name: "broken",
      power: "timing",
      onMessage: ({ id }) => {
        if (id > 50) throw new Error("no idea");
        return undefined;
      },
    });
    expect(() => runScenario(scenarioOf([]), { adversaries: [adversary] })).toThrow(AdversaryError);
  });
});

test("the same villains and the same seed give the same run to the last bit", () => {
  const scenario = scenarioOf([{ name: "split-brain" }, { name: "field-mutator" }, { name: "random-scheduler" }]);
  const [first, second] = [runScenario(scenario), runScenario(scenario)];
  expect(second.traceDigest).toBe(first.traceDigest);
  expect(second.fired).toEqual(first.fired);
});
