// What a node of ours answers to "which is the newest block by me, and which by you?" (docs/protocol.md §11), as the daemon
// does: while it may have signed more than it knows, nothing of itself; while it recovers, nothing at all.

import type { NewestAnswer, Standing } from "@selvedge/consensus";
import type { BlockShelf } from "./block-shelf.ts";

export interface NewestQuestion {
  readonly asker: number;
  readonly own: number;
  readonly standing: Standing | undefined;
}

export function newestAnswer(blocks: BlockShelf, { asker, own, standing }: NewestQuestion): NewestAnswer | undefined {
  if (standing === undefined || standing === "recovering" || standing === "stopped") return undefined;
  return { ours: blocks.newestOf(asker), theirs: blocks.newestOf(own), vouches: standing === "signing" };
}
