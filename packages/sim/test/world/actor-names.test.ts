// An act counts for whoever did it: two of one name, or one with the name of another, do not vouch for each other.

import { describe, expect, test } from "vitest";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { FaultSpec } from "../../src/scenario/schema.ts";
import { actorNames } from "../../src/world/actor-names.ts";
import { goodScenario } from "../run/scenarios.ts";

/** Nobody is on another side. */
const PARTITION: FaultSpec = { type: "partition", shape: { type: "sides", sides: [[0]] } };

describe("the names of actors", () => {
  test.each([
    [
      ["silent", "garbage"],
      ["silent", "garbage"],
    ],
    [
      ["silent", "garbage", "silent"],
      ["silent#0", "garbage", "silent#2"],
    ],
    [
      ["x", "x", "x#1"],
      ["x#0", "x#1#1", "x#1"],
    ],
    [["partition#0"], ["partition#0#0"]],
    [["network.loss"], ["network.loss#0"]],
  ])("%j are told of as %j", (names, actors) => {
    expect(actorNames(names, [PARTITION])).toEqual(actors);
  });
});

describe("a run in which one of two never acted is inconclusive", () => {
  const durationMs = 600;

  test("two behaviours of one name, of which the budget refuses one", () => {
    const behaviours = [
      { name: "late-sender", nodes: [3] },
      { name: "late-sender", nodes: [2] },
    ];
    const result = runScenario(goodScenario({ durationMs, adversary: { behaviours } }));
    expect(result.fired).toMatchObject({ "late-sender#1": 0 });
    expect(result.fired["late-sender#0"]).toBeGreaterThan(10);
    expect(result.findings.map(({ detail }) => detail)).toEqual(["late-sender#1 was asked for and never acted"]);
  });

  test.each(["partition#0", "loss", "network.loss", "other: held"])("an adversary named %s", (name) => {
    const busy: Adversary = { name, power: "timing", onMessage: () => ({ type: "delay", ms: 1 }) };
    const idle: Adversary = { ...busy, onMessage: () => undefined };
    const other: Adversary = { name: "other", power: "timing", start: (world) => world.acted("held") };
    const network = { ...goodScenario().network, loss: { probability: 0.02 } };
    const silentOf = (adversary: Adversary, faults: FaultSpec[]): readonly string[] =>
      runScenario(goodScenario({ durationMs, network, faults }), {
        adversaries: [adversary, other],
      }).findings.map(({ class: kind }) => kind);
    expect(silentOf(busy, [PARTITION])).toEqual(["silent-fault"]);
    expect(silentOf(idle, [])).toEqual(["silent-fault"]);
  });
});
