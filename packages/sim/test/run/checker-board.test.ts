// What many checkers find is all heard: one that finds much takes no other's place, and safety is never cut short.

import { describe, expect, test } from "vitest";
import type { Checker, Violation } from "../../src/checker/checker.ts";
import type { Observed } from "../../src/protocol/observation.ts";
import { CheckerBoard } from "../../src/run/checker-board.ts";

const ROUND: Observed = { type: "round", node: 0, round: 1, atUs: 1 };

/** Finds something with every observation from the given one on. */
function finder(name: string, kind: Violation["kind"], from = 1): Checker {
  let seen = 0;
  return {
    name,
    property: "Nothing is ever observed.",
    watches: ["round"],
    observe: ({ node, atUs }) => ((seen += 1) < from ? undefined : { checker: name, kind, detail: "", node, atUs }),
    exercised: () => seen,
    isRequired: true,
  };
}

function heardOf(checkers: readonly Checker[], observations: number): readonly string[] {
  const heard: string[] = [];
  const board = new CheckerBoard(checkers, ({ checker }) => heard.push(checker));
  for (let count = 0; count < observations; count += 1) board.onObserved(ROUND);
  expect(board.violations.map(({ checker }) => checker)).toEqual(heard);
  return heard;
}

describe("the board of checkers", () => {
  test("hears each checker 32 times at most, and none the less for another", () => {
    const heard = heardOf([finder("loud", "liveness"), finder("late", "bounds", 100)], 200);
    expect(heard.filter((name) => name === "loud")).toHaveLength(32);
    expect(heard.filter((name) => name === "late")).toHaveLength(32);
  });

  test("hears a break of safety however much was found before, by the same checker too", () => {
    expect(heardOf([finder("loud", "liveness"), finder("agreement", "safety", 100)], 100).at(-1)).toBe("agreement");
    expect(heardOf([finder("agreement", "safety")], 100)).toHaveLength(100);
  });
});
