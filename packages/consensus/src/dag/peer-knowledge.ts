// What each validator has shown to know, so that we push what it probably lacks and nothing twice (docs/protocol.md,
// B2). Fed by every acceptance and every send; asked when a block of ours goes out.
//
// A validator knows the blocks it made, everything in their histories, what it handed us and what we sent it. Authors
// push to everybody, so the want of evidence is no evidence of want: relaying each block to each peer at once would
// cost n times the traffic and help only against a hiding author. We relay a block once the peer has shown a block two
// rounds above it that still does not reach it: one round would be too eager, because a block that is late by one
// round comes in as a weak link in the next. Far older ones are left to fetching, which is exact.
//
// Of a validator's blocks only the tips are kept: what they reach is worked out when it is asked for.

import { type ValidatorIndex, mustExist } from "@selvedge/integrity";
import { type Bits, NO_BITS, difference, hasBit, isEmpty, isSubset, withAll } from "./bits.ts";
import type { DagState } from "./dag-state.ts";
import type { RecentHistories } from "./recent-histories.ts";
import type { Vertex } from "./vertex-pool.ts";
import { VertexSet } from "./vertex-set.ts";

const EVIDENCE_ROUNDS = 2;
/** How many rounds below the evidence we look for blocks to relay. */
const RELAY_WINDOW_ROUNDS = 8;
/** How far below a block we ask for its history. */
export const HISTORY_ROUNDS: number = EVIDENCE_ROUNDS + RELAY_WINDOW_ROUNDS - 1;

interface Shown {
  /** Highest round of a block it has shown. */
  round: number;
  /** Its blocks that no other block of its has as first parent: one, unless it equivocates. None out of the window. */
  tips: Vertex[];
  /** What it handed us of others' blocks, and what we relayed to it; undefined while that is nothing. */
  handed: VertexSet | undefined;
  /** All that we hold of the rounds up to here, it knows. */
  knownUpTo: number;
}

export interface PeerKnowledgeSetup {
  readonly committeeSize: number;
  readonly dag: DagState;
  /** Null in an observer. */
  readonly self: ValidatorIndex | null;
  readonly histories: RecentHistories;
}

export class PeerKnowledge {
  readonly #setup: PeerKnowledgeSetup;
  readonly #shown: readonly Shown[];
  /** No validator's `knownUpTo` is above it. */
  #knownUpToMax = 0;
  /** Our blocks that went to everybody. */
  readonly #sent = new VertexSet();
  /** Blocks of ours and all in their histories above gcRound. */
  readonly #own = new VertexSet();

  constructor(setup: PeerKnowledgeSetup) {
    this.#setup = setup;
    this.#shown = Array.from({ length: setup.committeeSize }, () => ({
      round: 0,
      tips: [],
      handed: undefined,
      knownUpTo: 0,
    }));
  }

  /** Parents come before children. */
  onAccepted(vertex: Vertex): void {
    const { author, round, parents } = vertex;
    const shown = this.#of(author);
    shown.round = Math.max(shown.round, round);
    const [previous] = shown.tips;
    if (shown.tips.length === 1 && previous !== undefined && previous === parents[0]) shown.tips[0] = vertex;
    else {
      const kept = shown.tips.filter((tip) => tip !== parents[0] && tip.round >= shown.round - HISTORY_ROUNDS);
      shown.tips = [...kept, vertex];
    }
    if (author === this.#setup.self) this.#markOwn(vertex);
    if (round <= this.#knownUpToMax) this.#noteLate(round);
  }

  /** The validator holds this block: it sent it to us, or we to it. */
  markKnown(validator: ValidatorIndex, vertex: Vertex): void {
    // Its own blocks are its tips and their histories.
    if (vertex.author === validator) return;
    const shown = this.#of(validator);
    shown.handed ??= new VertexSet();
    shown.handed.add(vertex);
  }

  /** We sent a block of ours to all others. */
  markSent(vertex: Vertex): void {
    this.#sent.add(vertex);
  }

  /** Whether the block is in the history of a block of ours. */
  isOurs(vertex: Vertex): boolean {
    return this.#own.has(vertex);
  }

  /** What to push to the validator besides our new block, by round and in the order accepted within one. */
  lackedBy(validator: ValidatorIndex): readonly Vertex[] {
    const shown = this.#of(validator);
    const last = shown.round - EVIDENCE_ROUNDS;
    const lacked: Vertex[] = [];
    for (let round = Math.max(1, last - RELAY_WINDOW_ROUNDS + 1, shown.knownUpTo + 1); round <= last; round += 1) {
      const unknown = this.#unknownAt(shown, round);
      if (unknown !== undefined)
        lacked.push(...this.#setup.dag.atRound(round).filter(({ place }) => hasBit(unknown, place)));
      else if (lacked.length === 0) this.#knowUpTo(shown, round);
    }
    return lacked;
  }

  /** Forgets what was accepted of rounds up to this one. */
  evict(upToRound: number): void {
    for (const { handed } of this.#shown) handed?.forgetUpTo(upToRound);
    this.#sent.forgetUpTo(upToRound);
    this.#own.forgetUpTo(upToRound);
  }

  #knowUpTo(shown: Shown, round: number): void {
    shown.knownUpTo = round;
    this.#knownUpToMax = Math.max(this.#knownUpToMax, round);
  }

  /** A block came in of a round that was all known. */
  #noteLate(round: number): void {
    for (const shown of this.#shown) shown.knownUpTo = Math.min(shown.knownUpTo, round - 1);
    this.#knownUpToMax = round - 1;
  }

  /** What we hold of the round and it does not know; undefined if that is nothing. */
  #unknownAt({ tips, handed }: Shown, round: number): Bits | undefined {
    const { dag, histories } = this.#setup;
    const held = dag.heldAt(round);
    let known = NO_BITS;
    for (const tip of tips) {
      const row = histories.of(tip).row(round);
      // The usual case: the one tip reaches everything.
      if (isSubset(held, row)) return undefined;
      known = withAll(known, row);
    }
    known = withAll(withAll(known, handed?.row(round) ?? NO_BITS), this.#sent.row(round));
    const unknown = difference(held, known);
    return isEmpty(unknown) ? undefined : unknown;
  }

  #markOwn(vertex: Vertex): void {
    const fresh = new VertexSet();
    fresh.add(vertex);
    const lowest = this.#setup.dag.lowestRound;
    for (let { round } = vertex; round >= Math.max(lowest, fresh.lowestRound); round -= 1) {
      const row = vertex.row.pool.row(round);
      const members = difference(fresh.row(round), this.#own.row(round));
      if (row === undefined || isEmpty(members)) continue;
      this.#own.addRow(round, members);
      fresh.addParentsOf(row, members);
    }
  }

  #of(validator: number): Shown {
    return mustExist(this.#shown[validator], "a validator is a member of the committee");
  }
}
