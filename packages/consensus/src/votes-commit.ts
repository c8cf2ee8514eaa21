// Our votes on commits (docs/protocol.md §7): each commit is named in the next block of ours. They tell a node that is
// behind how far the others are; what it then trusts are checkpoint certificates, not votes (§11).

import type { CommitVote } from "@selvedge/integrity";

export class CommitVotes {
  /** Commits after the last one voted for, oldest first. */
  #pending: readonly CommitVote[] = [];
  readonly #votesMax: number;

  /** @param votesMax of one block; older ones go, as a vote for a commit stands for all before it */
  constructor(votesMax: number) {
    this.#votesMax = votesMax;
  }

  /** The newest commits after the last one that a block of ours names. */
  restore(recentCommits: readonly CommitVote[], lastVotedIndex: number): void {
    this.#pending = recentCommits.filter(({ index }) => index > lastVotedIndex).slice(-this.#votesMax);
  }

  onCommit(vote: CommitVote): void {
    this.#pending = [...this.#pending, vote].slice(-this.#votesMax);
  }

  next(): readonly CommitVote[] {
    return this.#pending;
  }

  onOwnBlock(): void {
    this.#pending = [];
  }
}
