// Which rounds are full: the highest round of which Q stake of blocks is accepted (docs/protocol.md §4, A1 and C3).
// Fed by the acceptance of blocks, asked by the pacemaker; knows nothing of leaders or time.

import { type BlockRef, type Committee, StakeTally } from "@selvedge/integrity";

export class ThresholdClock {
  readonly #committee: Committee;
  /** Only rounds above #quorumRound: all others are full. */
  readonly #tallies = new Map<number, StakeTally>();
  /** Round 0 is genesis. Full implies all below full, as a block has parents of Q stake in the round before (P4). */
  #quorumRound = 0;
  #highestRound = 0;

  constructor(committee: Committee) {
    this.#committee = committee;
  }

  add(ref: BlockRef): void {
    this.#highestRound = Math.max(this.#highestRound, ref.round);
    if (ref.round <= this.#quorumRound) return;
    let tally = this.#tallies.get(ref.round);
    if (tally === undefined) {
      tally = new StakeTally(this.#committee);
      this.#tallies.set(ref.round, tally);
    }
    tally.add(ref.author);
    if (tally.hasQuorum) this.#advanceTo(ref.round);
  }

  /** After a restart: rounds up to here were full before what memory holds. */
  startFrom(round: number): void {
    this.#highestRound = Math.max(this.#highestRound, round);
    if (round > this.#quorumRound) this.#advanceTo(round);
  }

  /** Highest round of which blocks of Q stake are accepted. */
  get quorumRound(): number {
    return this.#quorumRound;
  }

  get highestRound(): number {
    return this.#highestRound;
  }

  #advanceTo(round: number): void {
    this.#quorumRound = round;
    for (const known of this.#tallies.keys()) {
      if (known <= round) this.#tallies.delete(known);
    }
  }
}
