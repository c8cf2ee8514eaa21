// No honest validator is accused: what the engine reports with evidence against an author (two blocks, two acks, a bad
// share, a bad vote) can only be the work of a corrupted one. What merely may happen to slow nodes is no accusation.

import type { Observed } from "../protocol/observation.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { unsafe } from "./violation.ts";

const NAME = "accusation";
const PROVABLE: ReadonlySet<string> = new Set(["equivocation", "conflictingAck", "badCoinShare", "badCheckpointVote"]);

export function createAccusation(context: CheckerContext): Checker {
  let judged = 0;
  const observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "reported" || !PROVABLE.has(observed.fault) || observed.about === null) return undefined;
    judged += 1;
    if (!context.isHonest(observed.about)) return undefined;
    const detail = `node ${observed.node} proves ${observed.fault} against honest node ${observed.about}`;
    return unsafe(NAME, observed, detail);
  };
  return {
    name: NAME,
    property: "Evidence is never found against an honest validator.",
    watches: ["reported"],
    observe,
    exercised: () => judged,
    isRequired: false,
  };
}
