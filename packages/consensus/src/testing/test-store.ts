// What a host keeps on disk, in memory: executes `persist`, serves fetches and gives back a RecoveredState. Knows which
// batches were synced, so that a test may lose the others.

import type { BlockRef, CommitVote, Round, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";
import { decodeConsensusState } from "../commit/consensus-state.ts";
import type { AckRecord, PersistEffect, PersistedCommit } from "../effect.ts";
import type { RecoveredState } from "../recovered.ts";

export class TestStore {
  #batches: PersistEffect[] = [];
  #syncedCount = 0;
  readonly #blocks = new Map<string, VerifiedBlock>();
  readonly #byRound = new Map<number, VerifiedBlock[]>();
  /** Kept in a file of its own, and never lost. */
  #lastSignedRound: Round | null = null;
  readonly equivocators: Set<ValidatorIndex> = new Set();

  persist(batch: PersistEffect): void {
    this.#batches.push(batch);
    for (const block of batch.blocks) this.#index(block);
    if (batch.signed !== null) this.#lastSignedRound = batch.signed.round;
    if (batch.sync) this.#syncedCount = this.#batches.length;
  }

  has(ref: BlockRef): boolean {
    const block = this.#blocks.get(ref.digest);
    return block !== undefined && block.ref.round === ref.round && block.ref.author === ref.author;
  }

  get(ref: BlockRef): VerifiedBlock | undefined {
    return this.#blocks.get(ref.digest);
  }

  range(fromRound: number, toRound: number): readonly VerifiedBlock[] {
    const blocks: VerifiedBlock[] = [];
    for (let round = fromRound; round <= toRound; round += 1) blocks.push(...(this.#byRound.get(round) ?? []));
    return blocks;
  }

  get blocks(): readonly VerifiedBlock[] {
    return this.#batches.flatMap(({ blocks }) => blocks);
  }

  get commits(): readonly PersistedCommit[] {
    return this.#batches.flatMap(({ commits }) => commits);
  }

  get acked(): readonly AckRecord[] {
    return this.#batches.flatMap(({ acked }) => acked);
  }

  /** A power failure: what was written after the last sync is gone. */
  loseUnsynced(): void {
    const lost = this.#batches.slice(this.#syncedCount);
    this.#batches = this.#batches.slice(0, this.#syncedCount);
    for (const { ref } of lost.flatMap(({ blocks }) => blocks)) {
      this.#blocks.delete(ref.digest);
      this.#byRound.set(
        ref.round,
        (this.#byRound.get(ref.round) ?? []).filter((block) => block.ref.digest !== ref.digest),
      );
    }
  }

  /** A disk exchanged for an older copy: everything is gone but the safety file. */
  loseEverything(): void {
    this.#batches = [];
    this.#syncedCount = 0;
    this.#blocks.clear();
    this.#byRound.clear();
  }

  recover(own: ValidatorIndex | null): RecoveredState {
    const { commits, blocks } = this;
    const last = commits.at(-1) ?? null;
    const state = last === null ? null : decodeConsensusState(last.consensusState);
    const gcRound = state !== null && state.ok ? state.value.gcRound : 0;
    const recentCommits: CommitVote[] = commits.map(({ sealed }) => ({
      index: sealed.commit.index,
      digest: sealed.digest,
    }));
    return {
      lastCommit: last,
      blocks: blocks.filter(({ ref }) => ref.round > gcRound),
      newestOwnBlock: blocks.findLast(({ ref }) => ref.author === own) ?? null,
      lastSignedRound: this.#lastSignedRound,
      acked: this.acked,
      recentCommits,
      equivocators: [...this.equivocators],
    };
  }

  #index(block: VerifiedBlock): void {
    this.#blocks.set(block.ref.digest, block);
    const row = this.#byRound.get(block.ref.round);
    if (row === undefined) this.#byRound.set(block.ref.round, [block]);
    else row.push(block);
  }
}
