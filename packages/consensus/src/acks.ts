// Which updates we vouch for (docs/protocol.md §8, U3): one per update key, ever. The host checks payloads and tells its
// verdict; this file decides whether an ack may follow from it, and keeps what is due for our next block.

import {
  type Ack,
  type ClosedSequences,
  type Score,
  type SignedUpdate,
  type UpdateDigest,
  type UpdateKey,
  compareDigests,
  updateKeyOf,
} from "@selvedge/integrity";
import { AckedSequences } from "./acked-sequences.ts";
import type { AckRecord } from "./effect.ts";

interface KnownHeader {
  readonly key: UpdateKey;
  /** Our last commit when it was first seen. */
  readonly seenAtCommit: number;
}

const NO_ACKS: readonly Ack[] = [];

export class Acks {
  /** Acked or about to be: a due ack may outlive what is remembered of its header. */
  readonly #acked = new AckedSequences();
  /** Headers met in the DAG, oldest first; forgotten when they can no longer be certified. */
  readonly #headers = new Map<UpdateDigest, KnownHeader>();
  readonly #due = new Map<UpdateDigest, Score | null>();
  readonly #keepCommits: number;
  /** §11: after an amnesia, and once our end marker is made, nothing is acked for the rest of the epoch. */
  #isMute = false;

  /** @param keepCommits commits after which a header seen is of no use any more */
  constructor(keepCommits: number) {
    this.#keepCommits = keepCommits;
  }

  get dueCount(): number {
    return this.#due.size;
  }

  keyOf(update: UpdateDigest): UpdateKey | undefined {
    return this.#headers.get(update)?.key;
  }

  /** §11: what we acked and cannot recall might have been a rival of what we would ack now; a marker would lack it. */
  mute(): void {
    this.#isMute = true;
    this.#due.clear();
  }

  restore(records: readonly AckRecord[]): void {
    for (const record of records) this.#acked.add(record);
  }

  /** The ledger has decided these sequences (U5): nothing of them is acked any more. Yields what is forgotten for it. */
  onClosed(closed: ClosedSequences): readonly UpdateDigest[] {
    const forgotten = this.#acked.close(closed);
    for (const update of forgotten) this.#due.delete(update);
    return forgotten;
  }

  /** A header in an accepted block; true if the host is to check its payload. */
  onHeader(update: SignedUpdate, lastCommit: number): boolean {
    if (this.#headers.has(update.digest)) return false;
    const key = updateKeyOf(update.header);
    this.#headers.set(update.digest, { key, seenAtCommit: lastCommit });
    // U3: acked already (this one or a rival), so no verdict could lead to another ack.
    return !this.#isMute && this.#acked.isOpen(key);
  }

  /** Whether a restarted node must ask its host again. */
  isOpen(update: SignedUpdate): boolean {
    return !this.#isMute && this.#acked.isOpen(updateKeyOf(update.header));
  }

  hasAcked({ header, digest }: SignedUpdate): boolean {
    return this.#acked.get(updateKeyOf(header)) === digest;
  }

  onAccepted(update: UpdateDigest, score: Score | null): void {
    const key = this.keyOf(update);
    // U3
    if (key === undefined || !this.#acked.isOpen(key) || this.#isMute) return;
    this.#acked.add({ key, update });
    this.#due.set(update, score);
  }

  /** Acks for the next block, ascending by digest. They stay due until `onOwnBlock` shows that it was made. */
  next(acksMax: number): readonly Ack[] {
    const acks = [...this.#due].slice(0, acksMax).map(([update, score]) => ({ update, score }));
    return acks.sort((left, right) => compareDigests(left.update, right.update));
  }

  /** Our block was made with these: what must become durable with it. */
  onOwnBlock(acks: readonly Ack[]): readonly AckRecord[] {
    const records: AckRecord[] = [];
    for (const { update } of acks) {
      this.#due.delete(update);
      const key = this.#acked.keyOf(update);
      if (key !== undefined) records.push({ key, update });
    }
    return records;
  }

  /** U5: these stood in a block of ours that garbage collection passed by. Same updates, so U3 holds. Yields what is due. */
  proposeAgain(acks: readonly Ack[]): readonly Ack[] {
    if (this.#isMute || acks.length === 0) return NO_ACKS;
    const due = acks.filter(({ update }) => this.#acked.keyOf(update) !== undefined);
    for (const { update, score } of due) this.#due.set(update, score);
    return due;
  }

  forgetOld(lastCommit: number): void {
    for (const [update, { seenAtCommit }] of this.#headers) {
      if (seenAtCommit + this.#keepCommits >= lastCommit) break;
      this.#headers.delete(update);
    }
  }
}
