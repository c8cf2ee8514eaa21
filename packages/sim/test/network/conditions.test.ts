// Conditions of scheduled link faults: what they add, on which links, how they combine, and that they leave draws alone.

import { describe, expect, it } from "vitest";
import { type LinkFaultSpec, linkConditionsOf } from "../../src/network/conditions.ts";
import type { LinkConditions, NetworkModel } from "../../src/network/network.ts";
import { modelOf, send, sigmasOff } from "./statistics.ts";

const fault = (settings: Omit<LinkFaultSpec, "type">, name = "fault"): LinkConditions =>
  linkConditionsOf({ type: "link", ...settings }, 4, name);
const delayUs = (model: NetworkModel, from = 0, to = 1): number | undefined => send(model, { from, to })[0]?.atUs;
const constant = { latency: { type: "constant" as const, ms: 10 }, isFifo: false };

describe("conditions in force", () => {
  it("slow the links between the nodes named, in the direction named, and end when they are lifted", () => {
    const model = modelOf(constant);
    model.setConditions([fault({ from: [0, 1], to: { last: 2 }, extraDelayMs: 5, delayFactor: 3 })]);
    expect([delayUs(model, 0, 2), delayUs(model, 2, 0), delayUs(model, 0, 1), delayUs(model, 1, 3)]).toEqual([
      35_000, 10_000, 10_000, 35_000,
    ]);
    model.setConditions([]);
    expect(delayUs(model, 0, 2)).toBe(10_000);
    expect(model.counts()).toEqual({ fault: 2 });
  });

  it("combine where several hold: delays add up, factors multiply, chances are independent", () => {
    const model = modelOf(constant);
    model.setConditions([
      fault({ from: [0], extraDelayMs: 5, lossProbability: 0.5 }, "one"),
      fault({ to: [1], extraDelayMs: 2, delayFactor: 2, lossProbability: 0.5 }, "two"),
    ]);
    const times = Array.from({ length: 4000 }, () => delayUs(model, 0, 1));
    expect(new Set(times)).toEqual(new Set([27_000, undefined]));
    expect(sigmasOff(times.filter((time) => time === undefined).length, 4000, 0.75)).toBeLessThan(3);
    expect(new Set(Array.from({ length: 200 }, () => delayUs(model, 0, 2)))).toEqual(new Set([15_000, undefined]));
    expect(new Set(Array.from({ length: 200 }, () => delayUs(model, 3, 1)))).toEqual(new Set([22_000, undefined]));
  });

  it("duplicate, corrupt and reorder as often as they say, counted under their names", () => {
    const model = modelOf({ ...constant, isFifo: true, reorderMs: 3 });
    model.setConditions([
      fault({ duplicateProbability: 0.1 }, "double"),
      fault({ corruptProbability: 0.2 }, "damage"),
      fault({ reorderProbability: 0.3 }, "mix"),
    ]);
    const sent = Array.from({ length: 20_000 }, (_, index) => send(model, { nowUs: index * 10 }));
    const counts = model.counts();
    expect(counts["double"]).toBe(sent.filter((arrivals) => arrivals.length === 2).length);
    expect(counts["damage"]).toBe(sent.filter(([first]) => first?.isCorrupt).length);
    expect(counts["mix"]).toBe(sent.filter(([first], index) => (first?.atUs ?? 0) > index * 10 + 10_000).length);
    for (const [name, share] of [
      ["double", 0.1],
      ["damage", 0.2],
      ["mix", 0.3],
    ] as const)
      expect(sigmasOff(counts[name] ?? 0, 20_000, share), name).toBeLessThan(3);
  });

  it("narrow the band", () => {
    const model = modelOf({ ...constant, bandwidth: { egressMbps: 8 } });
    model.setConditions([fault({ to: [1], bandwidthFactor: 0.25 })]);
    expect(send(model, { to: 1, sizeBytes: 1000 })[0]?.atUs).toBe(14_000);
    expect(send(model, { to: 2, sizeBytes: 1000 })[0]?.atUs).toBe(15_000);
    expect(model.counts()).toEqual({ fault: 1 });
  });

  it("that do nothing are reported with 0: a faster card where there is none, links that carry nothing", () => {
    const model = modelOf(constant);
    model.setConditions([fault({ bandwidthFactor: 0.1 }, "narrow"), fault({ from: [3], lossProbability: 1 }, "lose")]);
    delayUs(model);
    expect(model.counts()).toEqual({ narrow: 0, lose: 0 });
  });

  it("leave every configured draw as it was: message k of a link has the same luck with them and without", () => {
    const spec = {
      latency: { type: "exponential" as const, minMs: 5, meanMs: 20 },
      loss: { probability: 0.1, burst: { enter: 0.1, leave: 0.3, loss: 0.5 } },
      duplicateProbability: 0.1,
      corruptProbability: 0.1,
      reorderProbability: 0.2,
      isFifo: false,
    };
    const [calm, rough] = [modelOf(spec), modelOf(spec)];
    const harsh = { lossProbability: 0.3, duplicateProbability: 0.3, corruptProbability: 0.3, reorderProbability: 0.3 };
    const pairs = Array.from({ length: 5000 }, (_, index) => {
      rough.setConditions(index % 100 < 50 ? [fault(harsh)] : []);
      return { isRough: index % 100 < 50, calm: send(calm), rough: send(rough) };
    });
    const unharmed = pairs.filter(({ isRough }) => !isRough);
    expect(unharmed.filter(({ calm: left, rough: right }) => JSON.stringify(left) !== JSON.stringify(right))).toEqual(
      [],
    );
    expect(pairs.filter(({ calm: left, rough: right }) => left.length === 0 && right.length > 0)).toEqual([]);
  });
});
