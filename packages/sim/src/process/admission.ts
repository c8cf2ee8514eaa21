// Which received blocks an engine of ours may be given: those that pass P1–P7. The verdict on a block that others were sent
// as well is shared, since it follows from the bytes alone, unless every receiver is to decode for itself.

import { type BlockRejection, type VerifiedBlock, verifyBlock } from "@selvedge/integrity";
import type { SelvedgeFacts } from "./selvedge-chain.ts";

export interface Door {
  readonly facts: SelvedgeFacts;
  readonly decodesAlways: boolean;
  readonly onRefused: (rejection: BlockRejection) => void;
}

/** The array itself if all is well: the common case, without an allocation. */
export function admitted(received: readonly VerifiedBlock[], door: Door): readonly VerifiedBlock[] {
  if (!door.decodesAlways && areGood(received, door.facts)) return received;
  return received.flatMap((block) => {
    const verdict = door.decodesAlways ? verifyBlock(block.bytes, door.facts.context) : door.facts.judge(block);
    if (verdict.ok) return [verdict.value];
    door.onRefused(verdict.error);
    return [];
  });
}

function areGood(blocks: readonly VerifiedBlock[], { judge }: SelvedgeFacts): boolean {
  for (const block of blocks) {
    const verdict = judge(block);
    if (!verdict.ok || verdict.value !== block) return false;
  }
  return true;
}
