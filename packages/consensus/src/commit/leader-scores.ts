// S7: what the authors' votes were worth in the current U commits. Reads output blocks alone, in the order of commits, so
// every validator counts the same whatever else its DAG holds.

import { type Committee, mustExist, stakeOf, validatorIndex } from "@selvedge/integrity";
import { type Bits, NO_BITS, difference, placesIn, withBit } from "../dag/bits.ts";
import { parentIn } from "../dag/support.ts";
import type { PoolRow, Vertex } from "../dag/vertex-pool.ts";
import { hasQuorumOf } from "./row-stake.ts";
import { P_WAVE } from "./slot-order.ts";

export interface ScoredCommit {
  readonly vertices: readonly Vertex[];
  /** gcRound as it stood before the commit. */
  readonly gcRoundBefore: number;
  /** leader(r) of the schedule that ruled these commits. */
  readonly leaderOf: (round: number) => number;
  /** Output in these U commits, this one included. */
  readonly isFresh: (vertex: Vertex) => boolean;
}

/** The fresh votes for one leader's block, and what they have earned in one commit. */
interface Ballot {
  readonly row: PoolRow;
  readonly votes: Bits;
  /** Stake of the certificates so far. */
  worth: number;
  /** By place, stake of those that a vote did not enter: nearly all votes enter nearly all certificates. */
  readonly missed: Map<number, number>;
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
  add(commit: ScoredCommit): void {
    const ballots = new Map<number, readonly Ballot[]>();
    for (const vertex of commit.vertices) {
      const slotRound = vertex.round - (P_WAVE - 1);
      if (slotRound <= commit.gcRoundBefore) continue;
      const ofSlot = ballots.get(slotRound) ?? ballotsOf(vertex.row.pool.row(slotRound + 1), slotRound, commit);
      ballots.set(slotRound, ofSlot);
      const ballot = ofSlot.find(({ votes }) => hasQuorumOf(vertex, votes, this.#committee));
      if (ballot !== undefined) count(ballot, vertex, stakeOf(this.#committee, validatorIndex(vertex.author)));
    }
    for (const ballot of [...ballots.values()].flat()) this.#credit(ballot);
  }

  #credit({ row, votes, worth, missed }: Ballot): void {
    if (worth === 0) return;
    for (const place of placesIn(votes)) {
      const { author } = mustExist(row.vertices[place], "a place is that of a vertex");
      const sum = mustExist(this.#scores[author], "every author has a score") + worth - (missed.get(place) ?? 0);
      this.#scores[author] = Math.min(sum, Number.MAX_SAFE_INTEGER);
    }
  }
}

function count(ballot: Ballot, certificate: Vertex, worth: number): void {
  ballot.worth += worth;
  for (const place of placesIn(difference(ballot.votes, certificate.strong))) {
    ballot.missed.set(place, (ballot.missed.get(place) ?? 0) + worth);
  }
}

/** One for each block of the slot that has fresh votes: one, unless it has twins. */
function ballotsOf(
  row: PoolRow | undefined,
  slotRound: number,
  { leaderOf, isFresh }: ScoredCommit,
): readonly Ballot[] {
  if (row === undefined) return [];
  const votesFor = new Map<Vertex, Bits>();
  const slot = { round: slotRound, author: leaderOf(slotRound) };
  for (const vertex of row.vertices) {
    const leader = isFresh(vertex) ? parentIn(vertex, slot) : undefined;
    if (leader !== undefined) votesFor.set(leader, withBit(votesFor.get(leader) ?? NO_BITS, vertex.place));
  }
  return [...votesFor.values()].map((votes) => ({ row, votes, worth: 0, missed: new Map() }));
}
