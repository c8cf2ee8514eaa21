// The cost model: CPU time that is charged shows in latency, and a run says by whose figures.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario } from "./scenarios.ts";

const FREE = goodScenario({ durationMs: 1500, committee: { size: 7 } });
const CHARGED = { ...FREE, execution: { crypto: "modelled", costs: "builtin" } } as const;

describe("CPU costs", () => {
  it("the builtin table slows a run down and is named in it", () => {
    const free = runScenario(FREE);
    const charged = runScenario(CHARGED);
    expect(charged.verdict).toBe("PASS");
    expect(charged.metrics.endToEnd.p50Ms).toBeGreaterThan(free.metrics.endToEnd.p50Ms);
    expect(charged.notes.join()).toContain("cost table of AMD EPYC");
    expect(free.notes.join()).toContain("costs nothing");
  });

  it("more processors wait less", () => {
    const one = runScenario({ ...CHARGED, execution: { ...CHARGED.execution, cores: 1 } });
    const many = runScenario({ ...CHARGED, execution: { ...CHARGED.execution, cores: 16 } });
    expect(many.metrics.endToEnd.p50Ms).toBeLessThan(one.metrics.endToEnd.p50Ms);
  });

  it("a cost file is the caller's to read: a run that was not given it is refused", () => {
    const scenario = { ...FREE, execution: { crypto: "modelled", costs: "mine.json" } } as const;
    expect(() => runScenario(scenario)).toThrow(expect.objectContaining({ code: "SIM_SCENARIO_INVALID" }));
  });
});
