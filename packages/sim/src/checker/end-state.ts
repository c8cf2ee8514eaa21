// The node's own alarm: state divergence seen by an honest node (two roots for one commit with more than F stake each)
// means that safety is gone, whatever the other checkers saw (§7).

import type { Observed } from "../protocol/observation.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { isWithinFaultBound, unsafe } from "./violation.ts";

const NAME = "end-state";

export function createEndState(context: CheckerContext): Checker {
  let judged = 0;
  const observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "reported") return undefined;
    judged += 1;
    if (observed.fault !== "stateDivergence" || !isWithinFaultBound(context)) return undefined;
    return unsafe(NAME, observed, `node ${observed.node} reports state divergence: ${observed.detail}`);
  };
  return {
    name: NAME,
    property: "No honest node ever has to report that state roots diverge.",
    watches: ["reported"],
    observe,
    exercised: () => judged,
    isRequired: false,
  };
}
