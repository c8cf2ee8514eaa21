// Accountability (D2): an honest node that takes in two blocks of one author and round has reported the author. Pairs are
// looked for above the node's collected rounds and within one life of the process, as the engine does.

import type { Observed } from "../protocol/observation.ts";
import { type BlockIndex, IdSet } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { type ObservedOf, unsafe } from "./violation.ts";

const NAME = "equivocation-reported";

interface NodeView {
  /** Blocks accepted since the process started. */
  accepted: IdSet;
  readonly reported: Set<number>;
  gcRound: number;
}

export class EquivocationReportedChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string = "Whoever honest takes in two blocks of one author and round reports the author.";
  readonly watches = ["accepted", "reported", "committed"] as const;
  readonly isRequired: boolean = false;
  readonly #context: CheckerContext;
  readonly #index: BlockIndex;
  readonly #views: readonly NodeView[];
  #judged = 0;

  constructor(context: CheckerContext, index: BlockIndex) {
    this.#context = context;
    this.#index = index;
    this.#views = Array.from({ length: context.size }, () => ({
      accepted: new IdSet(),
      reported: new Set<number>(),
      gcRound: 0,
    }));
  }

  readonly exercised = (): number => this.#judged;

  readonly lifecycle = (node: number): void => {
    const view = this.#views[node];
    if (view !== undefined) view.accepted = new IdSet();
  };

  readonly observe = (observed: Observed): Violation | undefined => {
    const view = this.#views[observed.node];
    if (view === undefined) return undefined;
    if (observed.type === "accepted") return this.#onAccepted(observed, view);
    if (observed.type === "reported" && observed.fault === "equivocation" && observed.about !== null) {
      view.reported.add(observed.about);
    }
    if (observed.type === "committed") {
      view.gcRound = Math.max(view.gcRound, observed.leader.round - this.#context.gcDepth);
    }
    return undefined;
  };

  #onAccepted(accepted: ObservedOf<"accepted">, view: NodeView): Violation | undefined {
    const block = this.#index.of(accepted.block);
    view.accepted.add(block.id);
    if (block.siblings.length < 2 || block.round <= view.gcRound) return undefined;
    if (!block.siblings.some((id) => id !== block.id && view.accepted.has(id))) return undefined;
    this.#judged += 1;
    if (view.reported.has(block.author)) return undefined;
    const detail = `node ${accepted.node} holds two blocks of node ${block.author} for round ${block.round} and reports nothing`;
    return unsafe(NAME, accepted, detail);
  }
}
