// S6: the time a commit carries. No clock is read: it is a median of what the authors' hosts told them, so that at most F
// of lying stake can move it only within what honest hosts said.

import { type Committee, stakeOf, validatorIndex } from "@selvedge/integrity";
import type { Vertex } from "../dag/vertex-pool.ts";

/**
 * Stake-weighted lower median of the timestamps of the leader's parents of the round before it: the least t such that
 * those ≤ t hold at least half of the stake. Never below `previousMs`; genesis parents carry no time.
 */
export function medianTimestamp(leader: Vertex, committee: Committee, previousMs: number): number {
  const stamps = leader.parents
    .filter((parent) => parent.round === leader.round - 1 && parent.block !== null)
    .map((parent) => ({
      timeMs: parent.block?.header.timestampMs ?? 0,
      stake: stakeOf(committee, validatorIndex(parent.author)),
    }))
    .toSorted((left, right) => left.timeMs - right.timeMs);
  const total = stamps.reduce((sum, { stake }) => sum + stake, 0);
  let below = 0;
  for (const { timeMs, stake } of stamps) {
    below += stake;
    if (below >= total - below) return Math.max(previousMs, timeMs);
  }
  return previousMs;
}
