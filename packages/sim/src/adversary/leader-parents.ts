// The parents of a block without that of the last known leader, for those who vote against it.

import { type BlockRef, StakeTally, type VerifiedBlock } from "@selvedge/integrity";
import type { AdversaryWorld } from "./adversary.ts";

/** Of other authors. Undefined if the leader is not among them, or no quorum would be left (P4). */
export function parentsWithoutLeader(
  { ref, header }: VerifiedBlock,
  world: AdversaryWorld,
): readonly BlockRef[] | undefined {
  // Genesis leads nothing.
  if (ref.round === 1) return undefined;
  const [own, ...others] = header.parents;
  const leader = world.knownLeader(ref.round - 1);
  const left = others.filter((parent) => parent.round !== ref.round - 1 || parent.author !== leader);
  if (own === undefined || leader === null || left.length === others.length) return undefined;
  const tally = new StakeTally(world.committee);
  for (const parent of [own, ...left]) if (parent.round === ref.round - 1) tally.add(parent.author);
  return tally.hasQuorum ? left : undefined;
}
