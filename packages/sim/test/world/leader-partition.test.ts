// Whom a "leader" partition cuts off follows from the rounds in which honest nodes are: nobody else has a say in it.

import { expect, it } from "vitest";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { FaultSpec } from "../../src/scenario/schema.ts";
import { goodScenario } from "../run/scenarios.ts";

const LEADER: FaultSpec = { type: "partition", shape: { type: "leader" }, fromMs: 300, toMs: 1100 };

it("a forged block of a round that is far away does not hold it on one node", () => {
  const forger: Adversary = {
    name: "forger",
    power: "oblivious",
    nodes: [3],
    start: (world) =>
      world.after(200, () => {
        const block = world.forge(3, { round: 1_000_000_000, parents: [] });
        if (block !== null && world.sendBlocksAs(3, 0, [block])) world.acted("forged");
      }),
  };
  const cutOff: (readonly number[])[] = [];
  const { findings } = runScenario(goodScenario({ durationMs: 1200, faults: [LEADER] }), {
    adversaries: [forger],
    observers: [{ onKept: ({ from, to }, why) => void (why === "partition#0" && cutOff.push([from, to])) }],
  });
  expect(findings).toEqual([]);
  expect(cutOff.length).toBeGreaterThan(10);
  for (const node of [0, 1, 2, 3]) expect(cutOff.every((ends) => ends.includes(node))).toBe(false);
});
