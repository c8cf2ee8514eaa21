// The coin is no one's: in a long row of committed coin slots not all leaders are the same validator. In every wave at
// least F+1 candidates can be committed whatever the scheduler does, and the coin does not see which; so a row of 30 of
// one name has, for F ≥ 1, a probability below 2^-29. A statistical check, with a bound that no sound run will meet.

import type { Observed } from "../protocol/observation.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { thresholdsOf, unsafe } from "./violation.ts";

const NAME = "coin-fairness";
const ROW_MAX = 30;

export function createCoinFairness(context: CheckerContext): Checker {
  const { faultyStakeMax } = thresholdsOf(context);
  let lastIndex = 0;
  let leader = -1;
  let row = 0;
  let judged = 0;
  const observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "committed" || observed.index !== lastIndex + 1) return undefined;
    lastIndex = observed.index;
    if (!observed.slot.startsWith("C")) return undefined;
    judged += 1;
    row = observed.leader.author === leader ? row + 1 : 1;
    leader = observed.leader.author;
    if (row < ROW_MAX || faultyStakeMax === 0) return undefined;
    return unsafe(NAME, observed, `the coin named node ${leader} ${row} times in a row`);
  };
  return {
    name: NAME,
    property: "The coin does not always name the same validator.",
    watches: ["committed"],
    observe,
    exercised: () => judged,
    isRequired: false,
  };
}
