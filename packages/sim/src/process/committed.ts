// A commit of ours as the world's observers are told of it.

import type { CommitEffect } from "@selvedge/consensus";
import type { Observation } from "../protocol/observation.ts";

export function committed(
  { sealed: { commit, digest }, blocks }: CommitEffect,
  transactions: readonly Uint8Array[],
): Observation {
  return {
    type: "committed",
    index: commit.index,
    digest,
    parentDigest: commit.previous,
    blocks,
    transactions,
    leader: { round: commit.leader.round, author: commit.leader.author },
    slot: `${commit.slot.kind}${commit.slot.number}`,
    timestampMs: commit.timestampMs,
  };
}
