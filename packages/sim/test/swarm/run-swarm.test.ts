// Goal: a swarm's report can be trusted. Method: made-up results for the bookkeeping, a few real runs for the whole.

import { describe, expect, it } from "vitest";
import type { Finding, RunResult } from "../../src/run/result.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { randomScenario } from "../../src/swarm/random-scenario.ts";
import { SwarmTally, runSwarm, swarmText } from "../../src/swarm/run-swarm.ts";

const SAMPLE = runScenario(randomScenario(7, { sizeMax: 4, deliveriesMax: 500 }));

function resultWith(findings: readonly Finding[]): RunResult {
  return { ...SAMPLE, verdict: findings[0]?.verdict ?? "PASS", findings };
}

function made(scenario: Scenario): RunResult {
  const finding = { detail: `seed ${scenario.seed}`, node: null, atMs: 1 };
  if (scenario.seed % 5 === 0) return resultWith([{ ...finding, verdict: "UNSAFE", class: "agreement" }]);
  return resultWith(scenario.seed === 3 ? [{ ...finding, verdict: "STALLED", class: "recovery" }] : []);
}

describe("a swarm", () => {
  it("groups failures by verdict and class, and says how to run the first of each again", () => {
    const report = runSwarm({ seed: 1, count: 21, run: made });
    expect(report.verdicts).toEqual({ PASS: 16, STALLED: 1, UNSAFE: 4 });
    expect(report.findings).toEqual([
      {
        verdict: "UNSAFE",
        class: "agreement",
        count: 4,
        seeds: [5, 10, 15, 20],
        detail: "seed 5",
        replay: "selvedge sim swarm --seed 5 --count 1",
      },
      {
        verdict: "STALLED",
        class: "recovery",
        count: 1,
        seeds: [3],
        detail: "seed 3",
        replay: "selvedge sim swarm --seed 3 --count 1",
      },
    ]);
  });

  it("reports the same in whatever order its runs end", () => {
    const scenarios = Array.from({ length: 12 }, (_, seed) => randomScenario(seed));
    const reportOf = (ordered: readonly Scenario[]): string => {
      const tally = new SwarmTally();
      for (const scenario of ordered) tally.add(scenario, made(scenario));
      return swarmText(tally.report());
    };
    expect(reportOf([...scenarios].reverse())).toBe(reportOf(scenarios));
  });

  it("names what it has never exercised, and only that", () => {
    const scenario: Scenario = {
      ...randomScenario(1),
      faults: [
        { type: "crash", nodes: [0], fromMs: 1, toMs: 2, disk: "torn" },
        { type: "pause", nodes: [1], fromMs: 1, toMs: 2 },
      ],
      adversary: { behaviours: [{ name: "silent", nodes: [2] }] },
    };
    const result = { ...resultWith([]), fired: { "crash#0": 1, "pause#1": 0, silent: 3, "network.loss": 2 } };
    const { unseen, coverage } = runSwarm({ seed: 1, count: 1, run: () => resultWith([]) });
    expect(unseen).toContain("villain: silent");
    expect(coverage["fault: crash torn"]).toBeUndefined();
    const tally = new SwarmTally();
    tally.add(scenario, result);
    const report = tally.report();
    expect(report.coverage).toMatchObject({ "fault: crash torn": 1, "villain: silent": 1, "network: loss": 1 });
    expect(report.unseen).toContain("fault: pause");
    expect(report.unseen).not.toContain("villain: silent");
  });

  it("of real runs finds nothing wrong with the product", () => {
    const report = runSwarm({
      seed: 1000,
      count: 8,
      run: (scenario) => runScenario(scenario),
      scenarios: { sizeMax: 5, deliveriesMax: 1200 },
    });
    const failures = report.findings.filter(({ verdict }) => verdict !== "INCONCLUSIVE");
    expect(failures).toEqual([]);
    expect(report.verdicts["PASS"]).toBeGreaterThan(4);
  });
});
