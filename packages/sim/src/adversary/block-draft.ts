// What a forger says of a block that it wants signed.

import type { BlockBody, BlockHeader, BlockRef } from "@selvedge/integrity";

/**
 * Header fields that a forger may set; the rest follows from the node and the chain: a coin share where one is due, no
 * votes, the node's wall clock, an empty body, and always roots, digest and signature.
 */
export interface BlockDraftFields {
  readonly round: number;
  readonly parents: readonly BlockRef[];
  readonly header?: Partial<Omit<BlockHeader, "author" | "round" | "parents">>;
  readonly body?: Partial<BlockBody>;
}
