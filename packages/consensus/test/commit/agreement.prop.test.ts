// Safety of the commit rule over random DAGs and random pairs of views: verdicts never conflict, outputs are prefixes of
// one another, larger views never change a decision. As a canary, the rule that S4 warns of must be caught by the very
// same checks. Liveness stands beside it: the runs decide and output plenty.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anchorRule } from "../../src/commit/committer.ts";
import { type EvaluateOptions, type ViewResult, evaluateView } from "../../src/replay/replay.ts";
import { parseScenario } from "../../src/replay/scenario.ts";
import { type RandomVector, contestedVector, randomVector } from "../support/random-vector.ts";
import { SlowOracle } from "../support/slow-oracle.ts";
import { unsafeAnchorRule } from "../support/unsafe-anchor-rule.ts";

const THE_RULE: EvaluateOptions = { families: "both", anchorRule };
const UNSAFE: EvaluateOptions = { families: "both", anchorRule: unsafeAnchorRule };

function resultsOf(vector: RandomVector, options: EvaluateOptions): readonly ViewResult[] {
  const scenario = parseScenario(structuredClone(vector));
  if (!scenario.ok) throw new Error(scenario.error.detail);
  return scenario.value.views.map((view) => evaluateView(scenario.value, view, options));
}

/** The first slot that two views decide differently, or the first commit that they output differently. */
function conflictOf(left: ViewResult, right: ViewResult): string | undefined {
  for (const [slot, word] of Object.entries(left.verdicts)) {
    const other = right.verdicts[slot] ?? "undecided";
    if (word !== "undecided" && other !== "undecided" && word !== other) return `${slot}: ${word} and ${other}`;
  }
  const shared = Math.min(left.commits.length, right.commits.length);
  for (let at = 0; at < shared; at += 1) {
    if (JSON.stringify(left.commits[at]) !== JSON.stringify(right.commits[at])) return `commit ${at + 1}`;
  }
  return undefined;
}

function anyConflict(views: readonly ViewResult[]): string | undefined {
  for (const left of views) {
    for (const right of views) {
      const conflict = conflictOf(left, right);
      if (conflict !== undefined) return conflict;
    }
  }
  return undefined;
}

const anySeed = fc.integer({ min: 0, max: 2 ** 31 });

describe("any two views", () => {
  it("never conflict in a verdict, and their outputs are prefixes of one another", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        expect(anyConflict(resultsOf(randomVector(seed), THE_RULE))).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });

  it("a larger view keeps every decision of a smaller one, and all of its output", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const [whole, ...parts] = resultsOf(randomVector(seed), THE_RULE);
        for (const part of parts) {
          for (const [slot, word] of Object.entries(part.verdicts)) {
            if (word !== "undecided") expect(whole?.verdicts[slot]).toBe(word);
          }
          expect(whole?.commits.slice(0, part.commits.length)).toEqual(part.commits);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("output every block once", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        for (const { commits } of resultsOf(randomVector(seed), THE_RULE)) {
          const blocks = commits.flatMap((commit) => commit.blocks);
          expect(new Set(blocks).size).toBe(blocks.length);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("decide as the slow, plain reading of the rules does", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const vector = randomVector(seed);
        const [whole] = resultsOf(vector, THE_RULE);
        const tips = vector.views[0]?.tips ?? [];
        expect(whole?.verdicts).toEqual(Object.fromEntries(new SlowOracle(vector, tips).verdicts()));
      }),
      { numRuns: 60 },
    );
  });

  it("decide something: most of these DAGs commit by P slots, some by C slots, some skip", () => {
    const words = { P: 0, C: 0, skip: 0 };
    for (let seed = 0; seed < 100; seed += 1) {
      for (const [slot, word] of Object.entries(resultsOf(randomVector(seed), THE_RULE)[0]?.verdicts ?? {})) {
        if (word.startsWith("commit")) words[slot.startsWith("P") ? "P" : "C"] += 1;
        if (word === "skip") words.skip += 1;
      }
    }
    expect(Math.min(words.P / 100, words.C / 10, words.skip / 50)).toBeGreaterThan(1);
  });
});

describe("the canary: ignoring undecided anchors", () => {
  it("is caught by the same check, again and again, where the rule stands", () => {
    const caught: number[] = [];
    for (let seed = 0; seed < 100; seed += 1) {
      const vector = contestedVector(seed);
      if (anyConflict(resultsOf(vector, UNSAFE)) !== undefined) caught.push(seed);
      expect(anyConflict(resultsOf(vector, THE_RULE))).toBeUndefined();
    }
    expect(caught.length).toBeGreaterThan(5);
  });
});
