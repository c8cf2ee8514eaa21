// Our acks whose block and header are not both output, with the signed headers: what our end marker has to list
// (docs/protocol.md §11). Told of every header that we may ack, of our own blocks, and of the output. What a restart could
// not find again in blocks above gcRound is handed out once to be kept.

import type { Ack, SignedUpdate, UpdateDigest, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";
import type { PersistEffect } from "./effect.ts";

interface Entry {
  readonly update: SignedUpdate;
  /** Our last commit when it was first seen. */
  readonly seenAtCommit: number;
  /** Of the highest block that carries the header. */
  headerRound: number;
  /** Of our newest block with the ack; null if none has it. */
  ackRound: number | null;
  isHeaderOutput: boolean;
  isAckOutput: boolean;
  isKept: boolean;
}

/**
 * Our acks in these blocks, and the headers that they are for. Whoever moves gcRound past blocks without an engine (a range
 * or a state from peers) keeps them first: the end marker may have to list the headers (§11), and the acks are due again (U5).
 */
export function acksToKeep(
  blocks: readonly VerifiedBlock[],
  self: ValidatorIndex | null,
): Required<Pick<PersistEffect, "unseen" | "acksDue">> {
  const headers = new Map(blocks.flatMap(({ body }) => body.updates.map((update) => [update.digest, update] as const)));
  const acksDue = blocks.filter(({ ref }) => ref.author === self).flatMap(({ body }) => body.acks);
  return { acksDue, unseen: acksDue.flatMap(({ update }) => headers.get(update) ?? []) };
}

/** U5: of these batches, oldest first, the acks that a restart gives back: none that stands in a block of ours again. */
export function acksDueAfter(batches: Iterable<Pick<PersistEffect, "acked" | "acksDue">>): readonly Ack[] {
  const due = new Map<UpdateDigest, Ack>();
  for (const { acked, acksDue = [] } of batches) {
    for (const { update } of acked) due.delete(update);
    for (const ack of acksDue) due.set(ack.update, ack);
  }
  return [...due.values()];
}

export class UnseenAcks {
  /** In the order seen. */
  readonly #entries = new Map<UpdateDigest, Entry>();
  readonly #keepCommits: number;

  /** @param keepCommits commits after which a header that we have not acked is of no use any more */
  constructor(keepCommits: number) {
    this.#keepCommits = keepCommits;
  }

  /**
   * What was handed out to be kept.
   *
   * @param isAcked or else its payload was still to be checked, and is so again
   */
  restore(updates: readonly SignedUpdate[], isAcked: (update: SignedUpdate) => boolean, lastCommit: number): void {
    for (const update of updates) {
      const entry = this.#entered(update, { round: 0, lastCommit });
      entry.ackRound = isAcked(update) ? 0 : null;
      entry.isKept = true;
    }
  }

  /** Headers given back whose payload was still to be checked when garbage collection had passed all blocks with them. */
  get unchecked(): readonly SignedUpdate[] {
    const entries = [...this.#entries.values()];
    return entries.filter(({ isKept, ackRound }) => isKept && ackRound === null).map(({ update }) => update);
  }

  /** A header that we have acked or may ack yet, in an accepted block. */
  onHeader(update: SignedUpdate, at: { readonly round: number; readonly lastCommit: number }): void {
    const entry = this.#entries.get(update.digest) ?? this.#entered(update, at);
    entry.headerRound = Math.max(entry.headerRound, at.round);
  }

  onRefused(update: UpdateDigest): void {
    if (this.#entries.get(update)?.ackRound === null) this.#entries.delete(update);
  }

  /** Its sequence is decided, so no end marker need list it. */
  forget(update: UpdateDigest): void {
    this.#entries.delete(update);
  }

  onOwnBlock({ body, ref }: VerifiedBlock): void {
    for (const { update } of body.acks) {
      const entry = this.#entries.get(update);
      if (entry !== undefined) entry.ackRound = Math.max(entry.ackRound ?? 0, ref.round);
    }
  }

  onOutput(blocks: readonly VerifiedBlock[], self: number | null): void {
    for (const { body, ref } of blocks) {
      for (const { digest } of body.updates) this.#settle(digest, { isHeaderOutput: true });
      if (ref.author !== self) continue;
      for (const { update } of body.acks) this.#settle(update, { isAckOutput: true });
    }
  }

  /**
   * Headers of our acks, and those whose check may still lead to one, that can no longer be read from the blocks above
   * gcRound alone: to be kept for the epoch, told once.
   */
  toKeep(gcRound: number, lastCommit: number): readonly SignedUpdate[] {
    const kept: SignedUpdate[] = [];
    for (const [digest, entry] of this.#entries) {
      if (entry.ackRound === null && entry.seenAtCommit + this.#keepCommits < lastCommit) {
        this.#entries.delete(digest);
      } else if (!entry.isKept && Math.min(entry.headerRound, entry.ackRound ?? entry.headerRound) <= gcRound) {
        entry.isKept = true;
        kept.push(entry.update);
      }
    }
    return kept;
  }

  /** What an end marker made now lists. */
  get all(): readonly SignedUpdate[] {
    return [...this.#entries.values()].filter(({ ackRound }) => ackRound !== null).map(({ update }) => update);
  }

  /** Of those, the ones whose header was not output as far as is known here: proposed, they are decided. */
  get unordered(): readonly SignedUpdate[] {
    const entries = [...this.#entries.values()];
    return entries
      .filter(({ ackRound, isHeaderOutput }) => ackRound !== null && !isHeaderOutput)
      .map(({ update }) => update);
  }

  #entered(update: SignedUpdate, at: { readonly round: number; readonly lastCommit: number }): Entry {
    const entry: Entry = {
      update,
      seenAtCommit: at.lastCommit,
      headerRound: at.round,
      ackRound: null,
      isHeaderOutput: false,
      isAckOutput: false,
      isKept: false,
    };
    this.#entries.set(update.digest, entry);
    return entry;
  }

  #settle(digest: UpdateDigest, seen: Partial<Pick<Entry, "isHeaderOutput" | "isAckOutput">>): void {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return;
    Object.assign(entry, seen);
    if (entry.isHeaderOutput && entry.isAckOutput) this.#entries.delete(digest);
  }
}
