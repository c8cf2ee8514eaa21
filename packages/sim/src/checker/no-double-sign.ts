// An honest validator signs one block a round, and rounds that rise, over all its restarts. Read from what it says it
// signed and, because a defect may forget to say, from what others accept in its name.

import type { Observed } from "../protocol/observation.ts";
import type { BlockIndex } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { type ObservedOf, unsafe } from "./violation.ts";

const NAME = "no-double-sign";

export class NoDoubleSignChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string = "An honest validator signs one block a round, in rising rounds, restarts included.";
  readonly watches = ["signed", "accepted"] as const;
  readonly isRequired: boolean = true;
  readonly #context: CheckerContext;
  readonly #index: BlockIndex;
  /** By node, the digest signed for each round. */
  readonly #signed: readonly Map<number, string>[];
  readonly #highest: Int32Array;
  #judged = 0;

  constructor(context: CheckerContext, index: BlockIndex) {
    this.#context = context;
    this.#index = index;
    this.#signed = Array.from({ length: context.size }, () => new Map<number, string>());
    this.#highest = new Int32Array(context.size);
  }

  readonly exercised = (): number => this.#judged;

  readonly observe = (observed: Observed): Violation | undefined => {
    if (observed.type === "signed") return this.#onSigned(observed);
    return observed.type === "accepted" ? this.#onAccepted(observed) : undefined;
  };

  #onSigned(signed: ObservedOf<"signed">): Violation | undefined {
    const { node, round, digest } = signed;
    this.#judged += 1;
    const own = this.#signed[node];
    const former = own?.get(round);
    own?.set(round, digest);
    if (former !== undefined) {
      return former === digest ? undefined : unsafe(NAME, signed, `node ${node} signs round ${round} twice`);
    }
    const highest = this.#highest[node] ?? 0;
    if (round < highest) return unsafe(NAME, signed, `node ${node} signs round ${round} after round ${highest}`);
    this.#highest[node] = round;
    return undefined;
  }

  #onAccepted(accepted: ObservedOf<"accepted">): Violation | undefined {
    const { siblings, author, round } = this.#index.of(accepted.block);
    if (siblings.length < 2 || !this.#context.isHonest(author)) return undefined;
    return unsafe(NAME, accepted, `two blocks of honest node ${author} for round ${round} are about`);
  }
}
