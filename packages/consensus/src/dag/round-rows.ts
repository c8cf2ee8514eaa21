// Something for each round from a lowest one on: the rows of a DAG, of a pool. Rounds follow one another and are let go
// from below, so an array whose first entry moves up answers without hashing; every delivery asks several times. What lies
// far above the lowest round is kept by name instead, so that no round, however high, makes the array long.

import { assert } from "@selvedge/integrity";

/** Length of the array at most: many times what garbage collection leaves. */
const NEAR_ROUNDS = 4096;

export class RoundRows<Row> {
  /** By distance from #firstRound. */
  readonly #near: (Row | undefined)[] = [];
  /** By round; none whose distance is below NEAR_ROUNDS. */
  readonly #far = new Map<number, Row>();
  #firstRound: number;

  /** @param firstRound no round below it is ever set */
  constructor(firstRound: number) {
    this.#firstRound = firstRound;
  }

  /** Asking for a round does not create it. */
  at(round: number): Row | undefined {
    const distance = round - this.#firstRound;
    if (distance >= 0 && distance < this.#near.length) return this.#near[distance];
    return this.#far.size === 0 ? undefined : this.#far.get(round);
  }

  set(round: number, row: Row): void {
    const distance = round - this.#firstRound;
    assert(distance >= 0, "what was let go of does not come back");
    if (distance >= NEAR_ROUNDS) {
      this.#far.set(round, row);
      return;
    }
    // No holes: an array with holes is a slow one.
    while (this.#near.length <= distance) this.#near.push(undefined);
    this.#near[distance] = row;
  }

  /** Lets go of all rounds below `round`; answers with what stood there. */
  takeBelow(round: number): readonly Row[] {
    const count = round - this.#firstRound;
    if (count <= 0) return [];
    this.#firstRound = round;
    const taken: Row[] = [];
    for (const row of this.#near.splice(0, count)) if (row !== undefined) taken.push(row);
    for (const [at, row] of this.#far) {
      if (at - round >= NEAR_ROUNDS) continue;
      this.#far.delete(at);
      if (at < round) taken.push(row);
      else this.set(at, row);
    }
    return taken;
  }
}
