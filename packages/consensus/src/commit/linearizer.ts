// S5 and S6: one pass over the slots in order, which turns verdicts into the total order. Owns the output's state: where
// the pass stands, whether the window has a commit, what was output, and how far garbage collection reaches.

import { type Slot, mustExist } from "@selvedge/integrity";
import type { Vertex } from "../dag/dag-state.ts";
import type { Verdict } from "./committer.ts";
import type { OutputSet } from "./output-set.ts";
import type { SlotOrder } from "./slot-order.ts";

/** One commit before it is sealed. */
export interface SubDag {
  readonly index: number;
  readonly slot: Slot;
  readonly leader: Vertex;
  /** Output order (S6). */
  readonly vertices: readonly Vertex[];
}

export interface LinearizerState {
  readonly cursor: Slot;
  readonly windowHasCommit: boolean;
  readonly commitIndex: number;
  readonly gcRound: number;
}

export interface LinearizerSetup {
  readonly committeeSize: number;
  readonly order: SlotOrder;
  readonly gcDepth: number;
  readonly output: OutputSet;
  /** Null at genesis. */
  readonly resume: LinearizerState | null;
}

export class Linearizer {
  readonly #setup: LinearizerSetup;
  /** The next slot of the pass. */
  #cursor: Slot;
  /** Since the last C slot, a P slot was decided commit: the next C slot is void (S5). */
  #windowHasCommit: boolean;
  /** Index of the last commit; 0 before the first. */
  #commitIndex: number;
  /** Blocks of this round and below are never output any more; never goes back. */
  #gcRound: number;

  constructor(setup: LinearizerSetup) {
    this.#setup = setup;
    this.#cursor = setup.resume?.cursor ?? setup.order.first;
    this.#windowHasCommit = setup.resume?.windowHasCommit ?? false;
    this.#commitIndex = setup.resume?.commitIndex ?? 0;
    this.#gcRound = setup.resume?.gcRound ?? 0;
  }

  get state(): LinearizerState {
    return {
      cursor: this.#cursor,
      windowHasCommit: this.#windowHasCommit,
      commitIndex: this.#commitIndex,
      gcRound: this.#gcRound,
    };
  }

  /** S5: goes on to the next slot that emits, or stops where it is undecided. */
  next(verdictOf: (slot: Slot) => Verdict): SubDag | undefined {
    for (;;) {
      const slot = this.#cursor;
      if (this.#isVoid(slot)) {
        this.#pass(slot);
        continue;
      }
      const verdict = verdictOf(slot);
      if (verdict.type === "undecided") return undefined;
      this.#pass(slot);
      if (verdict.type === "skip") continue;
      // A commit whose leader was output already emits nothing, and still makes the window's C slot void.
      if (slot.kind === "P") this.#windowHasCommit = true;
      if (!this.#setup.output.has(verdict.leader)) return this.#emit(slot, verdict.leader);
    }
  }

  #isVoid(slot: Slot): boolean {
    return slot.kind === "C" && this.#windowHasCommit;
  }

  #pass(slot: Slot): void {
    if (slot.kind === "C") this.#windowHasCommit = false; // a new window begins
    this.#cursor = this.#setup.order.after(slot);
  }

  /** S6 */
  #emit(slot: Slot, leader: Vertex): SubDag {
    this.#commitIndex += 1;
    const index = this.#commitIndex;
    const vertices = this.#setup.output
      .add(leader, { index, aboveRound: this.#gcRound })
      .toSorted(outputOrder(index, this.#setup.committeeSize));
    // A later commit can be of a lower round (C(k) comes before P(r_k − 2)), hence the maximum.
    this.#gcRound = Math.max(this.#gcRound, leader.round - this.#setup.gcDepth);
    this.#setup.output.forgetUpTo(this.#gcRound);
    return { index, slot, leader, vertices };
  }
}

/** S6: by round, then by author starting from another one in each commit, then by digest (UTF-16 code units). */
function outputOrder(index: number, size: number): (left: Vertex, right: Vertex) => number {
  const offset = index % size;
  const turns = Array.from({ length: size }, (_, author) => (author + size - offset) % size);
  const turnOf = (author: number): number => mustExist(turns[author], "an author is a member of the committee");
  return (left, right) =>
    left.round - right.round || turnOf(left.author) - turnOf(right.author) || compareIds(left, right);
}

function compareIds(left: Vertex, right: Vertex): number {
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}
