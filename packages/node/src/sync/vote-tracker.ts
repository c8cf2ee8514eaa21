// How far ahead the network says it is: the highest commit that each author has named in a correctly signed block,
// accepted, parked or neither. Believed is what more than F stake says, for then somebody honest does (F62). One number
// for each validator, whatever they send.

import { type Committee, StakeTally, type ValidatorIndex, type VerifiedBlock } from "@selvedge/integrity";

export class VoteTracker {
  readonly #committee: Committee;
  readonly #highest = new Map<ValidatorIndex, number>();

  constructor(committee: Committee) {
    this.#committee = committee;
  }

  note({ ref, header }: VerifiedBlock): void {
    const named = header.commitVotes.at(-1)?.index ?? 0;
    if (named > (this.#highest.get(ref.author) ?? 0)) this.#highest.set(ref.author, named);
  }

  /** The highest commit that authors of more than F stake have reached; 0 if there is none. */
  get credibleIndex(): number {
    const tally = new StakeTally(this.#committee);
    for (const [author, index] of [...this.#highest].toSorted(([, left], [, right]) => right - left)) {
      tally.add(author);
      if (tally.hasValidity) return index;
    }
    return 0;
  }
}
