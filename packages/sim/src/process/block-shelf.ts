// The blocks that one node's disk holds, by round, in the order accepted: what it answers others with.

import type { BlockRef, VerifiedBlock } from "@selvedge/integrity";
import type { AskedRounds } from "./selvedge-message.ts";

/** Most blocks in one answer to a request for rounds. */
const RANGE_BLOCKS_MAX = 512;

export class BlockShelf {
  readonly #rounds: VerifiedBlock[][] = [];

  add(block: VerifiedBlock): void {
    const { round } = block.ref;
    // Filled up: an array with holes is a slow one.
    while (this.#rounds.length <= round) this.#rounds.push([]);
    this.#rounds[round]?.push(block);
  }

  find({ round, author, digest }: BlockRef): VerifiedBlock | undefined {
    return this.#rounds[round]?.find(({ ref }) => ref.digest === digest && ref.author === author);
  }

  /** Of its highest round, the one accepted first. */
  newestOf(author: number): VerifiedBlock | null {
    for (let round = this.#rounds.length - 1; round > 0; round -= 1) {
      const newest = this.#rounds[round]?.find(({ ref }) => ref.author === author);
      if (newest !== undefined) return newest;
    }
    return null;
  }

  findAll(refs: readonly BlockRef[]): readonly VerifiedBlock[] {
    return refs.flatMap((ref) => this.find(ref) ?? []);
  }

  /** Lowest rounds first; may stop early. */
  range({ fromRound, toRound, author }: AskedRounds): readonly VerifiedBlock[] {
    const blocks: VerifiedBlock[] = [];
    const last = Math.min(toRound, this.#rounds.length - 1);
    for (let round = Math.max(0, fromRound); round <= last && blocks.length < RANGE_BLOCKS_MAX; round += 1) {
      const row = this.#rounds[round] ?? [];
      blocks.push(...(author === undefined ? row : row.filter(({ ref }) => ref.author === author)));
    }
    return blocks.slice(0, RANGE_BLOCKS_MAX);
  }
}
