// Whatever answers itself without delay does not hold the clock for ever. The bounds are lowered here: the real ones take
// minutes on a slow machine.

import { describe, expect, it, vi } from "vitest";
import { AdversaryError } from "../../src/adversary/adversary-error.ts";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario } from "../run/scenarios.ts";

vi.mock(import("../../src/world/limits.ts"), () => ({
  ADVERSARY_TIMERS_PER_INSTANT_MAX: 200,
  EVENTS_PER_INSTANT_MAX: 5000,
}));

const SCENARIO = goodScenario({ durationMs: 300 });

describe("one instant of virtual time", () => {
  it("an adversary's timers that set themselves anew at once end the run", () => {
    const looping: Adversary = {
      name: "looping",
      power: "oblivious",
      start: (world) => {
        const again = (): void => world.after(0, again);
        world.after(10, again);
      },
    };
    const run = (): unknown => runScenario(SCENARIO, { adversaries: [looping] });
    expect(run).toThrow(AdversaryError);
    expect(run).toThrow("adversary looping: more than 200 timers for the same instant");
  });

  it("many timers for one later instant, and some at each of many, are nothing special", () => {
    let calls = 0;
    const busy: Adversary = {
      name: "busy",
      power: "oblivious",
      start: (world) => {
        const now = (): void => {
          calls += 1;
        };
        const step = (): void => {
          for (let turn = 0; turn < 150; turn += 1) world.after(0, now);
          world.after(10, step);
        };
        for (let turn = 0; turn < 1000; turn += 1) world.after(50, now);
        step();
        world.acted("was busy");
      },
    };
    expect(runScenario(SCENARIO, { adversaries: [busy] }).verdict).toBe("PASS");
    expect(calls).toBeGreaterThan(1000 + 30 * 150);
  });

  it("two liars that answer each other for ever over a network without delay are found: CRASHED", () => {
    const echo: Adversary = {
      name: "echo",
      power: "oblivious",
      nodes: [5, 6],
      start: (world) => void world.sendBytesAs(5, 6, new Uint8Array(4)),
      onReceive: (node, { from }, world) => {
        if (from >= 5) world.sendBytesAs(node, from, new Uint8Array(4));
        return false;
      },
    };
    const scenario = {
      ...SCENARIO,
      committee: { size: 7 },
      network: { latency: { type: "constant", ms: 0 } },
    } as const;
    const { verdict, findings } = runScenario(scenario, { adversaries: [echo] });
    expect(verdict).toBe("CRASHED");
    expect(findings[0]).toMatchObject({ class: "instant", node: null });
  });
});
