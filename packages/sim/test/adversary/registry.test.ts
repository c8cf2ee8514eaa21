// Which behaviours there are, and what is said about a scenario that names them wrongly.

import { describe, expect, test } from "vitest";
import { AdversaryError } from "../../src/adversary/adversary-error.ts";
import { BEHAVIOURS, createBehaviour } from "../../src/adversary/registry.ts";
import type { BehaviourSpec } from "../../src/scenario/schema.ts";
import { FakeWorld } from "./fake-world.ts";

const SETTING = { size: 4, faultyStakeMax: 1, stakes: [1, 1, 1, 1] };

function failureOf(spec: BehaviourSpec, setting = SETTING): string {
  try {
    createBehaviour(spec, setting);
  } catch (error) {
    if (error instanceof AdversaryError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}

test("there are at least twenty-two behaviours, each named once and made with its defaults", () => {
  expect(BEHAVIOURS.length).toBeGreaterThanOrEqual(22);
  expect(new Set(BEHAVIOURS.map(({ name }) => name)).size).toBe(BEHAVIOURS.length);
  for (const { name, power, summary } of BEHAVIOURS) {
    const adversary = createBehaviour({ name }, SETTING);
    expect(adversary).toMatchObject({ name, power });
    expect(summary.length).toBeGreaterThan(10);
  }
});

test("what needs a corrupted node asks for no more power than its own messages give it", () => {
  for (const { through, power } of BEHAVIOURS) {
    expect(through === "nodes").toBe(power === "oblivious");
    expect(through === "adaptive").toBe(power === "adaptive");
  }
});

describe("a mistake in a scenario is named, with what was probably meant", () => {
  test.each([
    [{ name: "equivocater" }, "SIM_BEHAVIOUR_UNKNOWN: there is no behaviour equivocater; did you mean equivocator?"],
    [{ name: "staller", options: { delayMS: 5 } }, "did you mean delayMs?"],
    [{ name: "staller", options: { delayMs: -1 } }, "must be a number from 0 to 86400000, not -1"],
    [{ name: "split-brain", options: { rounds: 1.5 } }, "must be an integer from 1 to 10000, not 1.5"],
    [{ name: "staller", options: { isLeaderOnly: "yes" } }, "must be true or false"],
    [{ name: "timestamp-liar", options: { how: "late" } }, "must be one of ahead, behind, wild"],
    [
      { name: "payload-withholder", options: { x: 1 } },
      "SIM_BEHAVIOUR_OPTION: behaviour payload-withholder has no option x (it has none)",
    ],
    [
      { name: "silent", fromMs: 5, toMs: 5 },
      "SIM_BEHAVIOUR_TARGET: behaviour silent: the window from 5 to 5 ms is empty",
    ],
    [{ name: "silent", nodes: [9] }, "has no node to act through in a committee of 4"],
    [{ name: "slow-links", nodes: [1] }, "is the network's and has no nodes"],
    [{ name: "adaptive-leader", nodes: [1] }, "picks its victims itself"],
  ] as const)("%j", (spec, message) => {
    expect(failureOf(spec as BehaviourSpec)).toContain(message);
  });
});

test("without nodes a behaviour takes the last ones that the committee must bear", () => {
  expect(createBehaviour({ name: "silent" }, SETTING).nodes).toEqual([3]);
  const uneven = { size: 4, faultyStakeMax: 3, stakes: [4, 2, 1, 3] };
  expect(createBehaviour({ name: "silent" }, uneven).nodes).toEqual([3]);
  expect(createBehaviour({ name: "silent" }, { ...uneven, faultyStakeMax: 4 }).nodes).toEqual([2, 3]);
  expect(failureOf({ name: "silent" }, { size: 3, faultyStakeMax: 0, stakes: [1, 1, 1] })).toContain(
    "SIM_BEHAVIOUR_TARGET",
  );
});

test("a behaviour acts within its window and through its nodes, and nowhere else", () => {
  const world = new FakeWorld({ size: 7, corrupted: [5, 6] });
  const villain = world.behaviour({ name: "silent", nodes: [6], fromMs: 100, toMs: 200 });
  const at = (nowMs: number, node: number): unknown => {
    world.nowMs = nowMs;
    return villain.onEmit?.(node, world.push(0, []), world.port);
  };
  expect(at(99, 6)).toBeUndefined();
  expect(at(100, 6)).toEqual([]);
  expect(at(100, 5)).toBeUndefined();
  expect(at(199, 6)).toEqual([]);
  expect(at(200, 6)).toBeUndefined();
  expect(world.actCount).toBe(2);
});
