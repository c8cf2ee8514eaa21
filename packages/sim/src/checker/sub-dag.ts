// Integrity of commits: each is exactly what rules S5 and S6 say of its leader, worked out a second time from the blocks.
// Everything of the leader's history above the collected rounds that was not output before, once, in the agreed order,
// with a time that honest hosts vouch for. Looks at the first announcement of an index: agreement covers the others.

import type { Observed } from "../protocol/observation.ts";
import { type BlockIndex, IdSet, type KnownBlock } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { type ObservedOf, isWithinFaultBound, unsafe } from "./violation.ts";

const NAME = "sub-dag";

type Committed = ObservedOf<"committed">;

export class SubDagChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string =
    "A commit is its leader's history above the collected rounds, each block once, in the agreed order.";
  readonly watches = ["committed"] as const;
  readonly isRequired: boolean = true;
  readonly #context: CheckerContext;
  readonly #index: BlockIndex;
  readonly #output = new IdSet();
  #lastIndex = 0;
  #gcRound = 0;
  #timestampMs = 0;
  #judged = 0;

  constructor(context: CheckerContext, index: BlockIndex) {
    this.#context = context;
    this.#index = index;
  }

  readonly exercised = (): number => this.#judged;

  readonly observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "committed" || observed.index !== this.#lastIndex + 1) return undefined;
    this.#lastIndex = observed.index;
    this.#judged += 1;
    const blocks = observed.blocks.map((block) => this.#index.of(block));
    const detail = this.#faultOf(observed, blocks);
    this.#gcRound = Math.max(this.#gcRound, observed.leader.round - this.#context.gcDepth);
    this.#timestampMs = observed.timestampMs ?? this.#timestampMs;
    return detail === undefined ? undefined : unsafe(NAME, observed, `commit ${observed.index}: ${detail}`);
  };

  #faultOf(observed: Committed, blocks: readonly KnownBlock[]): string | undefined {
    const leader = blocks.at(-1);
    if (leader === undefined) return "it brings no block";
    if (leader.round !== observed.leader.round || leader.author !== observed.leader.author) {
      return "its last block is not its leader";
    }
    return (
      this.#faultOfOrder(observed.index, blocks) ??
      this.#faultOfOutput(blocks) ??
      this.#faultOfHistory(blocks, leader) ??
      this.#faultOfTime(observed, leader)
    );
  }

  /** S6: by (round, author turned by the index, digest). */
  #faultOfOrder(index: number, blocks: readonly KnownBlock[]): string | undefined {
    const { size } = this.#context;
    const turn = ({ author }: KnownBlock): number => (author + size - (index % size)) % size;
    for (let next = 1; next < blocks.length; next += 1) {
      const [left, right] = [blocks[next - 1], blocks[next]];
      if (left === undefined || right === undefined) continue;
      const order = left.round - right.round || turn(left) - turn(right) || (left.digest < right.digest ? -1 : 1);
      if (order >= 0) return `block ${nameOf(left)} stands before ${nameOf(right)}`;
    }
    return undefined;
  }

  #faultOfOutput(blocks: readonly KnownBlock[]): string | undefined {
    for (const block of blocks) {
      if (this.#output.has(block.id)) return `block ${nameOf(block)} is output twice`;
      if (block.round <= this.#gcRound) return `block ${nameOf(block)} is of a collected round (${this.#gcRound})`;
      this.#output.add(block.id);
    }
    return undefined;
  }

  /** Both ways: nothing of the history is left out, and nothing else is in. */
  #faultOfHistory(blocks: readonly KnownBlock[], leader: KnownBlock): string | undefined {
    const reached = new Set([leader.id]);
    for (const block of blocks.toReversed()) {
      for (const id of reached.has(block.id) ? block.parents : []) {
        const parent = this.#index.at(id);
        if (parent === undefined || parent.round <= this.#gcRound) continue;
        if (!this.#output.has(id)) return `block ${nameOf(parent)} of its history is left out`;
        reached.add(id);
      }
    }
    const beside = blocks.find(({ id }) => !reached.has(id));
    return beside && `block ${nameOf(beside)} is not in the leader's history`;
  }

  /** S6: a median of what the authors of the leader's parents said, never going back. */
  #faultOfTime({ timestampMs }: Committed, leader: KnownBlock): string | undefined {
    if (timestampMs === undefined) return undefined;
    if (timestampMs < this.#timestampMs) return `its time goes back from ${this.#timestampMs} to ${timestampMs}`;
    if (leader.round < 2 || !isWithinFaultBound(this.#context)) return undefined;
    const stamps: number[] = [];
    for (const id of leader.parents) {
      const parent = this.#index.at(id);
      if (parent?.round === leader.round - 1 && this.#context.isHonest(parent.author)) stamps.push(parent.timestampMs);
    }
    const [least, most] = [Math.min(...stamps), Math.max(...stamps, this.#timestampMs)];
    return timestampMs < least || timestampMs > most
      ? `its time ${timestampMs} is none that honest hosts told (${least} to ${most})`
      : undefined;
  }
}

function nameOf({ round, author }: KnownBlock): string {
  return `(${round}, ${author})`;
}
