// What corrupted nodes have heard, by round: references for those that choose their parents themselves, and the updates
// in the blocks. Old rounds are forgotten.

import type { BlockRef, SignedUpdate, VerifiedBlock } from "@selvedge/integrity";

const ROUNDS_KEPT = 64;

export class HeardBlocks {
  readonly #rounds = new Map<number, Map<string, BlockRef>>();
  #highest = 0;

  add(blocks: readonly VerifiedBlock[]): void {
    for (const { ref } of blocks) this.#add(ref);
  }

  /** In the order heard. */
  ofRound(round: number): readonly BlockRef[] {
    return [...(this.#rounds.get(round)?.values() ?? [])];
  }

  #add(ref: BlockRef): void {
    if (ref.round <= this.#highest - ROUNDS_KEPT) return;
    const known = this.#rounds.get(ref.round);
    if (known !== undefined) {
      known.set(ref.digest, ref);
      return;
    }
    this.#rounds.set(ref.round, new Map([[ref.digest, ref]]));
    if (ref.round <= this.#highest) return;
    this.#highest = ref.round;
    for (const round of this.#rounds.keys()) if (round <= ref.round - ROUNDS_KEPT) this.#rounds.delete(round);
  }
}

/** Updates of all blocks, each once, in order. */
export function updatesOf(blocks: readonly VerifiedBlock[]): readonly SignedUpdate[] {
  return blocks.flatMap(({ body }) => body.updates);
}
