// What of the order a quorum has signed: execution shows that a state follows from an order, and only a certificate shows
// that the order is the committee's. How many commits a chain may have before its first certificate follows from §7.

import type { ProtocolParams } from "@selvedge/integrity";
import { SEGMENT_COMMITS, SEGMENT_COMMITS_MAX } from "../sync/limits.ts";
import { FindingError } from "./finding.ts";

export interface CertifiedChain {
  /** The commit that a pruned home begins with; 0 in a whole one. */
  readonly base: number;
  readonly lastIndex: number;
  /** The highest commit with a certificate that holds; 0 if there is none. */
  readonly certifiedIndex: number;
}

/** A whole home may be too young for a certificate; a pruned one begins with a state that one must vouch for. */
export function checkCertified({ base, lastIndex, certifiedIndex }: CertifiedChain, params: ProtocolParams): void {
  if (base > 0 && certifiedIndex < base) throw prunedUncertified(base);
  if (certifiedIndex > 0 || lastIndex <= uncertifiedCommitsMax(params)) return;
  throw new FindingError("the checkpoint certificates", {
    code: "CHAIN_UNCERTIFIED",
    detail: `none is there for ${lastIndex} commits: no quorum vouches for their order`,
  });
}

/**
 * The first vote is due at commit `checkpointEvery`. A validator casts it once it has executed that commit, at most
 * `executionLagMax` commits after it is ordered, for its engine waits beyond that; and the votes of a round are in within
 * `gcDepth` rounds, which order at most as many commits, or their blocks come too late for the order itself. A node that
 * catches up has no certificate from within a stretch, whose end it confirms.
 */
export function uncertifiedCommitsMax({ checkpointEvery, executionLagMax, gcDepth }: ProtocolParams): number {
  const stretchMax = checkpointEvery <= SEGMENT_COMMITS ? SEGMENT_COMMITS : SEGMENT_COMMITS_MAX;
  return checkpointEvery + executionLagMax + gcDepth + stretchMax;
}

/** Of a pruned home. */
export function prunedUncertified(base: number): FindingError {
  return new FindingError(vouchersOf(base), {
    code: "PRUNED_UNCERTIFIED",
    detail: "nothing vouches for the kept snapshot",
  });
}

/** What vouches for the commit that a pruned home begins with. */
export function vouchersOf(base: number): string {
  return `checkpoint certificate of commit ${base} or above`;
}
