// How much of the past a node keeps: `prune.keep` of its configuration, in commits, and the least that is safe. Decides
// numbers only; prune-pass.ts removes.

import type { ProtocolParams } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";

/** Every commit since genesis stays. */
export const KEEP_ALL = "all";
/** Distance of kept snapshots where nothing is pruned, so that `selvedge prune` finds one to stand on later. */
const ARCHIVE_SPACING_COMMITS = 2_500;
/** Kept snapshots lie a quarter of what is kept apart: between 1 and 1¼ of it is on disk. */
const SNAPSHOTS_PER_KEEP = 4;

export interface PrunePolicy {
  /** Commits that stay whole, or null for all. */
  readonly keepCommits: number | null;
  /** Commits from one kept snapshot to the next. */
  readonly snapshotSpacing: number;
}

/** "10000 commits" or "all". */
export function prunePolicyOf(text: string, params: ProtocolParams): PrunePolicy {
  if (text === KEEP_ALL) return { keepCommits: null, snapshotSpacing: ARCHIVE_SPACING_COMMITS };
  const match = /^(\d{1,12})(?: commits?)?$/u.exec(text);
  if (match === null)
    throw new NodeError("CONFIG_INVALID", `prune.keep is "all" or a count like "10000 commits", not ${text}`);
  const keepMin = keepMinOf(params);
  const keepCommits = Number(match[1]);
  if (keepCommits < keepMin)
    throw new NodeError("CONFIG_INVALID", `prune.keep is at least ${keepMin} commits in this network, not ${text}`);
  return { keepCommits, snapshotSpacing: Math.max(1, Math.floor(keepCommits / SNAPSHOTS_PER_KEEP)) };
}

/**
 * What a running node may still be asked about by its own engine: headers and their acks until they expire, commits that
 * are voted on, and all that execution may lag behind.
 */
export function keepMinOf({ updateExpiry, executionLagMax, commitVotesMax }: ProtocolParams): number {
  return updateExpiry + executionLagMax + commitVotesMax;
}
