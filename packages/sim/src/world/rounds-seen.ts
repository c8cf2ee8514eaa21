// The highest round in any message so far: of all, as far as honest nodes sent it, and as far as corrupted ones know of it. A
// corrupted node may put any round into what it forges, so that only the honest say how far the run is.

export class RoundsSeen {
  #ofAll = 0;
  #ofHonest = 0;
  #ofCorrupted = 0;

  get ofAll(): number {
    return this.#ofAll;
  }

  get ofHonest(): number {
    return this.#ofHonest;
  }

  /** What they have sent and received. */
  get ofCorrupted(): number {
    return this.#ofCorrupted;
  }

  sent(round: number, isCorrupted: boolean): void {
    if (round > this.#ofAll) this.#ofAll = round;
    if (isCorrupted) this.heardByCorrupted(round);
    else if (round > this.#ofHonest) this.#ofHonest = round;
  }

  heardByCorrupted(round: number): void {
    if (round > this.#ofCorrupted) this.#ofCorrupted = round;
  }
}
