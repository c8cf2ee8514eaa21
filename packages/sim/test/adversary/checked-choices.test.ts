// What an adversary asks its stream for: sensible bounds are drawn as ever, others end the run.

import { describe, expect, it } from "vitest";
import { AdversaryError } from "../../src/adversary/adversary-error.ts";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { guarded } from "../../src/adversary/guard.ts";
import type { Choices } from "../../src/kernel/decisions.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { goodScenario } from "../run/scenarios.ts";

function runAsking(ask: (choices: Choices) => unknown): void {
  const adversary: Adversary = { name: "asker", power: "timing", start: (world) => void ask(world.choices) };
  runScenario(goodScenario({ durationMs: 20 }), { adversaries: [guarded(adversary)] });
}

describe("an adversary's choices", () => {
  it.each([
    ["below(NaN)", (choices: Choices) => choices.below(Number.NaN)],
    ["below(-3)", (choices: Choices) => choices.below(-3)],
    ["below(0)", (choices: Choices) => choices.below(0)],
    ["below(1.5)", (choices: Choices) => choices.below(1.5)],
    ["below(Infinity)", (choices: Choices) => choices.below(Number.POSITIVE_INFINITY)],
    ["chance(7)", (choices: Choices) => choices.chance(7)],
    ["chance(-1)", (choices: Choices) => choices.chance(-1)],
    ["chance(NaN)", (choices: Choices) => choices.chance(Number.NaN)],
  ])("%s is refused", (_what, ask) => {
    const run = (): void => runAsking(ask);
    expect(run).toThrow(AdversaryError);
    expect(run).toThrow(/^adversary\/0\/asker: choices\.(below|chance) needs a .*; the run was given up/u);
  });

  it("what makes sense is drawn", () => {
    runAsking((choices) => {
      expect(choices.below(1)).toBe(0);
      expect(choices.below(2 ** 32)).toBeLessThan(2 ** 32);
      expect([choices.chance(0), choices.chance(1)]).toEqual([false, true]);
      expect(choices.shuffled([1])).toEqual([1]);
      expect(choices.fraction()).toBeLessThan(1);
    });
  });
});
