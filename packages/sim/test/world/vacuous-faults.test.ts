// A fault has acted when it made a difference, not when its time came.

import { expect, test } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { FaultSpec } from "../../src/scenario/schema.ts";
import { goodScenario } from "../run/scenarios.ts";

const DURATION_MS = 600;

function firedBy(fault: FaultSpec, protocol = "selvedge"): number | undefined {
  const scenario = goodScenario({ durationMs: DURATION_MS, protocol: { name: protocol }, faults: [fault] });
  return runScenario(scenario).fired[`${fault.type}#0`];
}

const idle: readonly (readonly [string, FaultSpec, string])[] = [
  ["a disk that is never full", { type: "disk", nodes: [0], fullAfterBytes: 1e15 }, "selvedge"],
  ["bits of an empty disk", { type: "disk", nodes: [0], fromMs: 0, flipBits: 3 }, "hotstuff"],
  ["a disk that is slow when all is over", { type: "disk", nodes: [0], fromMs: DURATION_MS, slowMs: 5 }, "selvedge"],
  ["a wall clock that nobody reads", { type: "clock", nodes: [0], offsetMs: 1000 }, "hotstuff"],
  ["less of a rate that has no limit", { type: "link", bandwidthFactor: 0.5 }, "selvedge"],
];

test.each(idle)("%s has not acted", (_what, fault, protocol) => {
  expect(firedBy(fault, protocol)).toBe(0);
});

const busy: readonly (readonly [string, FaultSpec])[] = [
  ["a slow disk", { type: "disk", nodes: [0, 1], slowMs: 3 }],
  ["a full disk", { type: "disk", nodes: [2, 3], fullAfterBytes: 500 }],
  ["a wall clock that is ahead", { type: "clock", nodes: [0, 1], offsetMs: 1000 }],
  ["timers that run fast", { type: "clock", nodes: [0, 1], driftPpm: 9000 }],
];

test.each(busy)("%s has, once on each node", (_what, fault) => {
  expect(firedBy(fault)).toBe(2);
});
