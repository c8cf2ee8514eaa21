// Names for what a reference is to: maps of blocks that are not here yet are kept by these.

import type { BlockRef } from "@selvedge/integrity";

/**
 * All of a reference. The digest alone is no name for a block that nobody has seen: whoever calls it by another round or
 * author refers to something else, which never comes (docs/protocol.md, D1).
 */
export function refKey(ref: BlockRef): string {
  return `${slotKey(ref)}/${ref.digest}`;
}

export function slotKey(ref: BlockRef): string {
  return `${ref.round}/${ref.author}`;
}
