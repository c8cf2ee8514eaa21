// What a host keeps on disk, in memory: executes `persist`, serves fetches and gives back a RecoveredState. Knows which
// batches were synced, so that a test may lose the others.

import type { Ack, BlockRef, CommitVote, Round, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";
import { decodeConsensusState } from "../commit/consensus-state.ts";
import { newestBlocksOf } from "../dag/newest-rounds.ts";
import type { AckRecord, PersistEffect, PersistedCommit } from "../effect.ts";
import type { RecoveredState } from "../recovered.ts";
import { acksDueAfter } from "../unseen-acks.ts";

export class TestStore {
  #batches: PersistEffect[] = [];
  #syncedCount = 0;
  readonly #blocks = new Map<string, VerifiedBlock>();
  readonly #byRound = new Map<number, VerifiedBlock[]>();
  /** Kept in a file of its own, and never lost. */
  #lastSignedRound: Round | null = null;
  readonly equivocators: Set<ValidatorIndex> = new Set();

  persist(batch: PersistEffect): void {
    this.persistBatch(batch);
    this.persistSafety(batch);
  }

  /** The first of the two writes. */
  persistBatch(batch: PersistEffect): void {
    this.#batches.push(batch);
    for (const block of batch.blocks) this.#index(block);
    if (batch.sync) this.#syncedCount = this.#batches.length;
  }

  persistSafety({ signed }: PersistEffect): void {
    if (signed !== null) this.#lastSignedRound = signed.round;
  }

  has(ref: BlockRef): boolean {
    return this.get(ref) !== undefined;
  }

  /** By round, author and digest, as the daemon's store has its keys. */
  get({ round, author, digest }: BlockRef): VerifiedBlock | undefined {
    const block = this.#blocks.get(digest);
    return block?.ref.round === round && block.ref.author === author ? block : undefined;
  }

  /** Of all authors, or of one. */
  range(fromRound: number, toRound: number, author?: ValidatorIndex): readonly VerifiedBlock[] {
    const blocks: VerifiedBlock[] = [];
    for (let round = fromRound; round <= toRound; round += 1) blocks.push(...(this.#byRound.get(round) ?? []));
    return author === undefined ? blocks : blocks.filter(({ ref }) => ref.author === author);
  }

  newestOf(author: ValidatorIndex): VerifiedBlock | null {
    return this.blocks
      .filter(({ ref }) => ref.author === author)
      .reduce<VerifiedBlock | null>(
        (best, block) => (best === null || block.ref.round > best.ref.round ? block : best),
        null,
      );
  }

  get blocks(): readonly VerifiedBlock[] {
    return this.#batches.flatMap(({ blocks }) => blocks);
  }

  /** In the order written: every point at which a crash may have stopped. */
  get batches(): readonly PersistEffect[] {
    return this.#batches;
  }

  get commits(): readonly PersistedCommit[] {
    return this.#batches.flatMap(({ commits }) => commits);
  }

  get acked(): readonly AckRecord[] {
    return this.#batches.flatMap(({ acked }) => acked);
  }

  /** U5: not in an own block again yet. */
  get acksDue(): readonly Ack[] {
    return acksDueAfter(this.#batches);
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

  /** The whole home as it was after the first so many batches, safety file and all. */
  rollBack(batchCount: number): void {
    const kept = this.#batches.slice(0, batchCount);
    this.loseEverything();
    this.#lastSignedRound = null;
    for (const batch of kept) this.persist(batch);
  }

  get batchCount(): number {
    return this.#batches.length;
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
      newestBlocks: newestBlocksOf(blocks),
      newestOwnBlock: own === null ? null : this.#newestMade(),
      lastSignedRound: this.#lastSignedRound,
      acked: this.acked,
      acksDue: this.acksDue,
      unseen: this.#batches.flatMap(({ unseen }) => unseen),
      recentCommits,
      equivocators: [...this.equivocators],
      hasForgotten: this.#batches.some(({ hasForgotten }) => hasForgotten === true),
      isRecovering:
        this.#batches.findLast(({ isRecovering, signed }) => isRecovering === true || signed !== null)?.isRecovering ===
        true,
    };
  }

  /** The last block that was signed here: others may have given back newer ones. */
  #newestMade(): VerifiedBlock | null {
    const batch = this.#batches.findLast(({ signed }) => signed !== null);
    return batch?.blocks.find(({ ref }) => ref.digest === batch.signed?.digest) ?? null;
  }

  #index(block: VerifiedBlock): void {
    this.#blocks.set(block.ref.digest, block);
    const row = this.#byRound.get(block.ref.round);
    if (row === undefined) this.#byRound.set(block.ref.round, [block]);
    else row.push(block);
  }
}
