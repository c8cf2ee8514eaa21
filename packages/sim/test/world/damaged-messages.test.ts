// The synchrony contract and messages that are damaged on the way: what cannot be read any more has not arrived.

import { expect, it } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { NetworkSpec } from "../../src/scenario/schema.ts";
import { goodScenario } from "../run/scenarios.ts";

const DAMAGING: NetworkSpec = {
  ...goodScenario().network,
  corruptProbability: 0.3,
  synchrony: { gstMs: 0, deltaMs: 1000 },
};

function contractBreaches(network: NetworkSpec): readonly string[] {
  const { findings } = runScenario(goodScenario({ durationMs: 1200, network }));
  return findings.flatMap(({ class: kind, detail }) => (kind === "synchrony" ? [detail] : []));
}

it("a message that is damaged beyond reading is lost, and breaks the contract", () => {
  const why: string[] = [];
  const { findings } = runScenario(goodScenario({ durationMs: 1200, network: DAMAGING }), {
    observers: [{ onKept: (_message, kept) => void why.push(kept) }],
  });
  const lostCount = why.filter((kept) => kept === "damaged beyond reading").length;
  expect(lostCount).toBeGreaterThan(2);
  const [breach] = findings.filter(({ class: kind }) => kind === "synchrony");
  expect(breach?.detail).toMatch(new RegExp(String.raw`broke its contract ${lostCount} times; first: .* lost$`, "u"));
});

it("but not one of which an undamaged copy arrives, nor before GST", () => {
  expect(contractBreaches({ ...DAMAGING, duplicateProbability: 1 })).toEqual([]);
  expect(contractBreaches({ ...DAMAGING, synchrony: { gstMs: 1199, deltaMs: 1000 } })).toEqual([]);
});
