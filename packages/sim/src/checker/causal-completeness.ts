// Causal completeness (D1): a block enters a node's DAG only after all its parents did, whatever was collected and
// however often the node restarted. Genesis is in from the start.

import type { Observed } from "../protocol/observation.ts";
import { type BlockIndex, type IdSet, idSets } from "./block-index.ts";
import type { Checker, Violation } from "./checker.ts";
import { unsafe } from "./violation.ts";

const NAME = "causal-completeness";

export function createCausalCompleteness(size: number, index: BlockIndex): Checker {
  const accepted: readonly IdSet[] = idSets(size);
  let judged = 0;
  const observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "accepted") return undefined;
    const held = accepted[observed.node];
    if (held === undefined) return undefined;
    const block = index.of(observed.block);
    judged += 1;
    held.add(block.id);
    const missing = held.firstMissing(block.parents);
    if (missing === undefined) return undefined;
    const parent = index.at(missing);
    const name = parent === undefined ? "a block that nobody has" : `block (${parent.round}, ${parent.author})`;
    const detail = `node ${observed.node} accepts block (${block.round}, ${block.author}) without its parent, ${name}`;
    return unsafe(NAME, observed, detail);
  };
  return {
    name: NAME,
    property: "A node accepts a block only after all its parents.",
    watches: ["accepted"],
    observe,
    exercised: () => judged,
    isRequired: true,
  };
}
