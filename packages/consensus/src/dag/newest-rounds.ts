// Of each author the highest round of which a block was accepted (docs/protocol.md, D1). All of that block's chain (P1) is in
// then, in memory or in our store: blocks at or below gcRound leave memory, and what is known here stays. Fed by every
// acceptance and by a restart; asked by admission and by what fetches.

import type { BlockRef, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";

/** By author, of its highest round the one that stands first: what a store that keeps no such note gives back. */
export function newestBlocksOf(blocks: readonly VerifiedBlock[]): readonly BlockRef[] {
  const newest = new Map<ValidatorIndex, BlockRef>();
  for (const { ref } of blocks) if (ref.round > (newest.get(ref.author)?.round ?? 0)) newest.set(ref.author, ref);
  return [...newest.values()];
}

export class NewestRounds {
  /** By author. Undefined after a restart of a store that did not tell, until a block above gcRound comes in. */
  readonly #rounds: (number | undefined)[];

  /** @param isFresh nothing was ever accepted: genesis is the newest of everybody */
  constructor(committeeSize: number, isFresh: boolean) {
    this.#rounds = Array.from({ length: committeeSize }, () => (isFresh ? 0 : undefined));
  }

  /** What our store says, if it does. */
  restore(refs: readonly BlockRef[] = []): void {
    for (const { author, round } of refs) this.#rounds[author] = Math.max(this.#rounds[author] ?? 0, round);
  }

  onAccepted({ author, round }: BlockRef, gcRound: number): void {
    const newest = this.#rounds[author];
    // While we do not know, an old block that somebody needed says nothing: our store may hold newer ones.
    if (newest === undefined ? round > gcRound : round > newest) this.#rounds[author] = round;
  }

  of(author: number): number | undefined {
    return this.#rounds[author];
  }

  /** Above all that we accepted of its author. */
  isAbove({ author, round }: BlockRef): boolean {
    const newest = this.#rounds[author];
    return newest !== undefined && round > newest;
  }
}
