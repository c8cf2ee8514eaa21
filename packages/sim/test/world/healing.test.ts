// What is over when the network heals: the adversary, its timers too, and every copy of a node that is not of the core.

import { expect, it } from "vitest";
import type { Adversary } from "../../src/adversary/adversary.ts";
import type { RunResult } from "../../src/run/result.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario } from "../run/scenarios.ts";

const DURATION_MS = 800;
const SCENARIO = goodScenario({ durationMs: DURATION_MS });

function runWith(adversary: Adversary): RunResult {
  return runScenario(SCENARIO, { adversaries: [adversary] });
}

it("a timer of the adversary that comes later does nothing: it corrupts nobody and sends nothing", () => {
  const answers: unknown[] = [];
  const result = runWith({
    name: "late",
    power: "adaptive",
    start: (world) => {
      world.after(DURATION_MS - 1, () => world.acted("in time"));
      world.after(DURATION_MS + 1, () => {
        for (let node = 0; node < world.size; node += 1) answers.push(world.corrupt(node));
      });
    },
  });
  expect(answers).toEqual([]);
  expect(result.adversary["nodesUsed"]).toBe(0);
  expect(result.findings).toEqual([]);
});

it("so that an adversary with nothing but such timers never acted", () => {
  const result = runWith({
    name: "late",
    power: "oblivious",
    start: (world) => world.after(DURATION_MS + 1, () => world.acted("too late")),
  });
  expect(result.fired).toEqual({ late: 0 });
  expect(result.verdict).toBe("INCONCLUSIVE");
});

it("a frozen node is silent together with its twin", () => {
  let frozen: number | undefined;
  const sentByFrozen: number[] = [];
  const adversary = { behaviours: [{ name: "twins", nodes: [3] }] };
  runScenario(goodScenario({ durationMs: 2000, liveness: { core: "lowest" }, adversary }), {
    observers: [
      {
        onLifecycle: (node, state) => {
          if (state === "frozen") frozen = node;
        },
        onSent: ({ from, sentAtUs }) => void (from === frozen && sentByFrozen.push(sentAtUs)),
      },
    ],
  });
  expect(frozen).toBe(3);
  expect(sentByFrozen).toEqual([]);
});
