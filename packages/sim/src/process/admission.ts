// Which received blocks an engine of ours may be given: those that pass P1–P7. The verdict on a block that others were sent
// as well is shared, since it follows from the bytes alone, unless every receiver is to decode for itself.

import type { NewestAnswer } from "@selvedge/consensus";
import { type Rejection, type VerifiedBlock, verifyBlock } from "@selvedge/integrity";
import type { SelvedgeFacts } from "./selvedge-chain.ts";

export interface Door {
  readonly facts: SelvedgeFacts;
  readonly decodesAlways: boolean;
  readonly onRefused: (rejection: Rejection) => void;
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

/** The block that these bytes are, which nobody has looked at. */
export function admittedBytes(bytes: Uint8Array, { facts, onRefused }: Door): VerifiedBlock | undefined {
  const verified = verifyBlock(bytes, facts.context);
  if (verified.ok) return verified.value;
  onRefused(verified.error);
  return undefined;
}

/** An answer with the blocks that their bytes gave; undefined, as if there were none, if one of them is not good. */
export function admittedAnswer({ ours, theirs, vouches }: NewestAnswer, door: Door): NewestAnswer | undefined {
  const isGood = (block: VerifiedBlock | null | undefined): block is VerifiedBlock | null => block !== undefined;
  const [own, other] = [ours, theirs].map((block) => (block === null ? null : admitted([block], door)[0]));
  return isGood(own) && isGood(other) ? { ours: own, theirs: other, vouches } : undefined;
}

function areGood(blocks: readonly VerifiedBlock[], { judge }: SelvedgeFacts): boolean {
  for (const block of blocks) {
    const verdict = judge(block);
    if (!verdict.ok || verdict.value !== block) return false;
  }
  return true;
}
