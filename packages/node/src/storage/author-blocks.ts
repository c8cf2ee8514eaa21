// One author's stored blocks by rounds: what a peer asks for that has heard nothing of the author for long (docs/protocol.md,
// D1). Every round is a look-up of its own, since blocks are keyed by round first.

import type { Store, ValidatorIndex } from "@selvedge/integrity";
import { authorPrefix } from "./keys.ts";
import { type BlockPage, prefixRange, readBlock } from "./stored-chain.ts";

export interface AuthorRounds {
  readonly author: ValidatorIndex;
  readonly fromRound: number;
  readonly toRound: number;
}

/** D2: of an equivocator two of a slot; what else others refer to is asked for by digest. */
const BLOCKS_PER_SLOT = 2;

/** Lowest rounds first, at least one block if there is one; looks at `blocksMax` rounds, and stops at the page's bounds. */
export async function blocksOfAuthor(
  { store, epoch }: { readonly store: Store; readonly epoch: number },
  { author, fromRound, toRound }: AuthorRounds,
  { blocksMax, bytesMax }: BlockPage,
): Promise<readonly Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  let sizeBytes = 0;
  const lastRound = Math.min(toRound, fromRound + blocksMax - 1);
  for (let round = fromRound; round <= lastRound; round += 1) {
    const slot = { ...prefixRange(authorPrefix({ round, author }, epoch)), limit: BLOCKS_PER_SLOT };
    for await (const { value } of store.iterate("blocks", slot)) {
      const { bytes } = readBlock(value);
      sizeBytes += bytes.length;
      if (blocks.length > 0 && (sizeBytes > bytesMax || blocks.length === blocksMax)) return blocks;
      blocks.push(bytes);
    }
  }
  return blocks;
}
