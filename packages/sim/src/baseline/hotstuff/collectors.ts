// Votes and timeouts on their way to a certificate. One vote of a voter in a view counts, the first; of timeouts, the
// latest of each voter.

import type { Committee, Digest } from "@selvedge/integrity";
import type { QuorumCertificate, Timeout, TimeoutCertificate, Vote } from "./records.ts";

export class VoteCollector {
  readonly #committee: Committee;
  /** By view, then by voter. */
  readonly #votes = new Map<number, Map<number, Vote>>();

  constructor(committee: Committee) {
    this.#committee = committee;
  }

  /** The certificate that this vote completes. */
  add(vote: Vote): QuorumCertificate | undefined {
    const votes = this.#votes.get(vote.view) ?? new Map<number, Vote>();
    if (votes.has(vote.voter)) return undefined;
    votes.set(vote.voter, vote);
    this.#votes.set(vote.view, votes);
    const before = this.#stakeFor(votes, vote.digest) - stakeOf(this.#committee, vote.voter);
    const isCompleted =
      before < this.#committee.quorumStake && this.#stakeFor(votes, vote.digest) >= this.#committee.quorumStake;
    return isCompleted ? certificateOf(vote.view, vote.digest, votes) : undefined;
  }

  /** Votes of this view and below serve nothing any more. */
  forget(view: number): void {
    for (const old of this.#votes.keys()) if (old <= view) this.#votes.delete(old);
  }

  #stakeFor(votes: ReadonlyMap<number, Vote>, digest: Digest): number {
    let stake = 0;
    for (const vote of votes.values()) if (vote.digest === digest) stake += stakeOf(this.#committee, vote.voter);
    return stake;
  }
}

export class TimeoutCollector {
  readonly #committee: Committee;
  readonly #latest = new Map<number, Timeout>();

  constructor(committee: Committee) {
    this.#committee = committee;
  }

  add(timeout: Timeout): void {
    const known = this.#latest.get(timeout.voter);
    if (known === undefined || known.view <= timeout.view) this.#latest.set(timeout.voter, timeout);
  }

  /** The view that this voter gave up last. */
  viewOf(voter: number): number | undefined {
    return this.#latest.get(voter)?.view;
  }

  /** Stake of those who gave exactly this view up. */
  stakeAt(view: number): number {
    let stake = 0;
    for (const timeout of this.#latest.values())
      if (timeout.view === view) stake += stakeOf(this.#committee, timeout.voter);
    return stake;
  }

  certificateAt(view: number): TimeoutCertificate | undefined {
    if (this.stakeAt(view) < this.#committee.quorumStake) return undefined;
    const entries = [...this.#latest.values()]
      .filter((timeout) => timeout.view === view)
      .map(({ voter, high, signature }) => ({ signer: voter, highView: high.view, signature }))
      .sort((left, right) => left.signer - right.signer);
    return { view, entries };
  }
}

function certificateOf(view: number, digest: Digest, votes: ReadonlyMap<number, Vote>): QuorumCertificate {
  const matching = [...votes.values()]
    .filter((vote) => vote.digest === digest)
    .sort((left, right) => left.voter - right.voter);
  return {
    view,
    digest,
    signers: matching.map(({ voter }) => voter),
    signatures: matching.map(({ signature }) => signature),
  };
}

function stakeOf(committee: Committee, voter: number): number {
  return committee.validators[voter]?.stake ?? 0;
}
