// S5 and S6: one pass over the slots in order, which turns verdicts into the total order. Owns the output's state: where
// the pass stands, whether the window has a commit, what was output, and how far garbage collection reaches.

import type { Slot } from "@selvedge/integrity";
import { hasBit } from "../dag/bits.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { Verdict } from "./committer.ts";
import type { OutputRow, OutputSet } from "./output-set.ts";
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
  /** Of the commit that the epoch's first one follows. Default 0. */
  readonly baseIndex?: number;
  /** Null at genesis. */
  readonly resume: LinearizerState | null;
}

export class Linearizer {
  readonly #setup: LinearizerSetup;
  /** The next slot of the pass. */
  #cursor: Slot;
  /** Since the last C slot, a P slot was decided commit: the next C slot is void (S5). */
  #windowHasCommit: boolean;
  /** Index of the last commit; that of the base before the epoch's first. */
  #commitIndex: number;
  /** Blocks of this round and below are never output any more; never goes back. */
  #gcRound: number;

  constructor(setup: LinearizerSetup) {
    this.#setup = setup;
    this.#cursor = setup.resume?.cursor ?? setup.order.first;
    this.#windowHasCommit = setup.resume?.windowHasCommit ?? false;
    this.#commitIndex = setup.resume?.commitIndex ?? setup.baseIndex ?? 0;
    this.#gcRound = setup.resume?.gcRound ?? 0;
  }

  get cursor(): Slot {
    return this.#cursor;
  }

  get commitIndex(): number {
    return this.#commitIndex;
  }

  get gcRound(): number {
    return this.#gcRound;
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
    const rows = this.#setup.output.add(leader, this.#gcRound);
    const turns = { size: this.#setup.committeeSize, first: index % this.#setup.committeeSize };
    const vertices = rows.toReversed().flatMap((row) => inOutputOrder(row, turns));
    // A later commit can be of a lower round (C(k) comes before P(r_k − 2)), hence the maximum.
    this.#gcRound = Math.max(this.#gcRound, leader.round - this.#setup.gcDepth);
    this.#setup.output.forgetUpTo(this.#gcRound);
    return { index, slot, leader, vertices };
  }
}

/** S6, within one round: by author starting from another one in each commit, then by digest (UTF-16 code units). */
function inOutputOrder(
  { row, members }: OutputRow,
  { size, first }: { readonly size: number; readonly first: number },
): readonly Vertex[] {
  const vertices: Vertex[] = [];
  for (let turn = 0; turn < size; turn += 1) {
    const slot = row.slots[(first + turn) % size];
    if (slot === undefined) continue;
    const twins = slot.filter(({ place }) => hasBit(members, place));
    vertices.push(...(twins.length > 1 ? twins.toSorted(compareIds) : twins));
  }
  return vertices;
}

function compareIds(left: Vertex, right: Vertex): number {
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}
