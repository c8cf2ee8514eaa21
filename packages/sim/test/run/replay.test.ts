// A decision log replays the run that it is of, and no other.

import { describe, expect, it } from "vitest";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { readDecisionLog, writeDecisionLog } from "../../src/kernel/decision-log.ts";
import { recordScenario, runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { goodScenario } from "./scenarios.ts";

const SCENARIO = goodScenario({ durationMs: 800 });

function chooser(): Adversary {
  return {
    name: "chooser",
    power: "timing",
    onMessage: (_message, { choices }) => (choices.chance(0.3) ? { type: "delay", ms: choices.below(90) } : undefined),
  };
}

describe("a replay", () => {
  const { result, decisions } = recordScenario(SCENARIO, { adversaries: [chooser()] });
  const log = readDecisionLog(writeDecisionLog(decisions));

  it("of the same run is the same run, whatever the scenario is called", () => {
    const again = recordScenario({ ...SCENARIO, name: "renamed" }, { adversaries: [chooser()], decisions: log });
    expect(again.result).toEqual(result);
    expect(again.decisions.streams).toEqual(log.streams);
  });

  const others: readonly (readonly [string, Scenario, readonly Adversary[]])[] = [
    ["without the adversary", SCENARIO, []],
    ["with another adversary", SCENARIO, [{ ...chooser(), name: "other" }]],
    ["with another seed", { ...SCENARIO, seed: 2 }, [chooser()]],
    ["with another duration", { ...SCENARIO, durationMs: 700 }, [chooser()]],
    ["with another demand", goodScenario({ durationMs: 800, liveness: { boundMs: 7000 } }), [chooser()]],
  ];
  it.each(others)("%s is refused", (_what, scenario, adversaries) => {
    expect(() => runScenario(scenario, { adversaries, decisions: log })).toThrow(
      expect.objectContaining({ code: "SIM_DECISIONS_FOREIGN" }),
    );
  });

  it("says which run the log is of, and which is asked for", () => {
    expect(() => runScenario({ ...SCENARIO, seed: 2 }, { decisions: log })).toThrow(
      "the decision log is of another run (good, selvedge, 4 nodes, seed 1, 800 ms, adversary chooser) than the one asked for (good, selvedge, 4 nodes, seed 2, 800 ms)",
    );
  });

  it("that leaves choices over has diverged and proves nothing", () => {
    const silent: Adversary = { ...chooser(), onMessage: () => ({ type: "delay", ms: 1 }) };
    const { verdict, findings } = runScenario(SCENARIO, { adversaries: [silent], decisions: log });
    expect(verdict).toBe("INCONCLUSIVE");
    expect(findings.map(({ class: kind }) => kind)).toContain("diverged");
    expect(findings.map(({ detail }) => detail).join()).toMatch(/left \d+ choices of the log unused/u);
  });
});
