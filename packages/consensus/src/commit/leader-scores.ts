// S7: what the authors' votes were worth in the current U commits. Reads output blocks alone, in the order of commits, so
// every validator counts the same whatever else its DAG holds.

import { type Committee, mustExist, stakeOf, validatorIndex } from "@selvedge/integrity";
import type { Vertex } from "../dag/dag-state.ts";
import { P_WAVE } from "./slot-order.ts";
import { certifiedVotes } from "./slot-tally.ts";

export interface ScoredCommit {
  readonly vertices: readonly Vertex[];
  /** gcRound as it stood before the commit. */
  readonly gcRoundBefore: number;
  /** leader(r) of the schedule that ruled these commits. */
  readonly leaderOf: (round: number) => number;
  /** Output in these U commits, this one included. */
  readonly isFresh: (vertex: Vertex) => boolean;
}

export class LeaderScores {
  readonly #committee: Committee;
  readonly #scores: number[];

  constructor(committee: Committee, scores: readonly number[]) {
    this.#committee = committee;
    this.#scores = [...scores];
  }

  get values(): readonly number[] {
    return [...this.#scores];
  }

  /**
   * An output block of round r + 2 is a certificate of P(r) that counts iff those of its parents of round r + 1 that vote
   * for one block of P(r) and were output in these U commits have stake ≥ Q. Then each of their authors gains the stake
   * of the certificate's author. Slots of rounds up to gcRound are not read: their blocks need not be in memory.
   */
  add({ vertices, gcRoundBefore, leaderOf, isFresh }: ScoredCommit): void {
    for (const vertex of vertices) {
      const slotRound = vertex.round - (P_WAVE - 1);
      if (slotRound <= gcRoundBefore) continue;
      const author = leaderOf(slotRound);
      const voted = (parent: Vertex): Vertex | undefined =>
        parent.round === slotRound + 1 && isFresh(parent) ? leaderBlockOf(parent, slotRound, author) : undefined;
      const worth = stakeOf(this.#committee, validatorIndex(vertex.author));
      for (const vote of certifiedVotes(vertex, voted, this.#committee)) this.#credit(vote.author, worth);
    }
  }

  #credit(author: number, worth: number): void {
    const sum = mustExist(this.#scores[author], "every author has a score") + worth;
    this.#scores[author] = Math.min(sum, Number.MAX_SAFE_INTEGER);
  }
}

function leaderBlockOf(vote: Vertex, round: number, author: number): Vertex | undefined {
  return vote.parents.find((parent) => parent.round === round && parent.author === author);
}
