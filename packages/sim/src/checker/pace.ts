// Pace (A2, C3): an honest validator makes a block in every round, except rounds that are settled before it gets there,
// and none sooner than the least delay after its last one, unless a quorum is ahead of it. What an amnesiac leaves out
// between what it may have signed and what it resumes at is no fault (§11).

import { type Micros, msOfMicros } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";
import { type BlockIndex, IdSet } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { type ObservedOf, stakeAmong, thresholdsOf, unlive } from "./violation.ts";

const NAME = "pace";

export interface PaceOptions {
  readonly context: CheckerContext;
  readonly index: BlockIndex;
  readonly leastDelayUs: Micros;
}

interface LastBlock {
  readonly round: number;
  /** Undefined after a restart: then the delay does not run. */
  readonly atUs: Micros | undefined;
}

export class PaceChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string = "An honest validator leaves out no open round, and hurries only after a quorum.";
  readonly watches = ["accepted", "signed", "reported"] as const;
  readonly isRequired: boolean = true;
  readonly #options: PaceOptions;
  readonly #quorumStake: number;
  readonly #accepted: readonly IdSet[];
  readonly #last: (LastBlock | undefined)[] = [];
  #judged = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.#quorumStake = thresholdsOf(options.context).quorumStake;
    this.#accepted = Array.from({ length: options.context.size }, () => new IdSet());
  }

  readonly exercised = (): number => this.#judged;

  readonly lifecycle = (node: number): void => {
    const last = this.#last[node];
    if (last !== undefined) this.#last[node] = { round: last.round, atUs: undefined };
  };

  readonly observe = (observed: Observed): Violation | undefined => {
    if (observed.type === "accepted") {
      this.#accepted[observed.node]?.add(this.#options.index.of(observed.block).id);
      return undefined;
    }
    if (observed.type === "reported" && observed.fault === "amnesia") this.#last[observed.node] = undefined;
    if (observed.type !== "signed") return undefined;
    const last = this.#last[observed.node];
    this.#last[observed.node] = { round: observed.round, atUs: observed.atUs };
    if (last === undefined || observed.round <= last.round) return undefined;
    this.#judged += 1;
    const detail = this.#faultOf(observed, last);
    return detail === undefined ? undefined : unlive(NAME, observed, detail);
  };

  #faultOf({ node, round, atUs }: ObservedOf<"signed">, last: LastBlock): string | undefined {
    // P(x) is settled by a quorum of round x + 1 at the earliest. Without P slots most rounds matter to no slot.
    for (let left = last.round + 1; left < round && this.#options.context.protocol !== "c-only"; left += 1) {
      if (!this.#hasQuorum(node, left + 1)) return `node ${node} leaves out round ${left}, which is open`;
    }
    const gapUs = last.atUs === undefined ? undefined : atUs - last.atUs;
    if (gapUs === undefined || gapUs >= this.#options.leastDelayUs || this.#hasQuorum(node, round)) return undefined;
    return `node ${node} makes block ${round} only ${msOfMicros(gapUs)} ms after block ${last.round}`;
  }

  #hasQuorum(node: number, round: number): boolean {
    const accepted = this.#accepted[node];
    const authors: number[] = [];
    for (const [author, ids] of this.#options.index.round(round).entries()) {
      if (ids?.some((id) => accepted?.has(id) === true) === true) authors.push(author);
    }
    return stakeAmong(this.#options.context, authors) >= this.#quorumStake;
  }
}
