// The two rules on which the safety of two-chain HotStuff rests, and the rule that commits. Pure questions; engine.ts asks
// them before it signs or commits. Rule names follow the Jolteon paper: vote once a view, lock on the highest certificate.

import type { HotStuffBlock, Proposal, QuorumCertificate, TimeoutCertificate } from "./records.ts";

/**
 * Whether a proposal may stand in its view at all: it follows the certificate of the view before, or a timeout
 * certificate of the view before whose signers knew no higher certificate than the one it extends.
 */
export function isJustified({ block, timeouts }: Pick<Proposal, "block" | "timeouts">): boolean {
  if (block.justify.view + 1 === block.view) return true;
  if (block.justify.view >= block.view || timeouts === null) return false;
  return timeouts.view + 1 === block.view && block.justify.view >= highestViewIn(timeouts);
}

function highestViewIn(timeouts: TimeoutCertificate): number {
  return timeouts.entries.reduce((highest, { highView }) => Math.max(highest, highView), 0);
}

export interface VotingState {
  readonly view: number;
  readonly votedView: number;
}

/** One vote a view, in rising views, and only in the view one is in: giving a view up counts as having voted in it. */
export function mayVote({ view, votedView }: VotingState, block: HotStuffBlock): boolean {
  return block.view === view && block.view > votedView;
}

/** Two-chain: the certificate's block commits its parent if their views are consecutive. */
export function commitsParent(block: HotStuffBlock, certificate: QuorumCertificate): boolean {
  return block.digest === certificate.digest && block.justify.view + 1 === block.view && block.height > 0;
}
