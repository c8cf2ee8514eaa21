// Availability receipts (docs/protocol.md §8, U4): counts acks wherever they stand in the DAG and says once where those of
// stake Q are. What makes a receipt portable (headers, proofs) is the host's to collect.

import {
  type BlockRef,
  type Committee,
  StakeTally,
  type UpdateDigest,
  type UpdateKey,
  type ValidatorIndex,
  type VerifiedBlock,
} from "@selvedge/integrity";
import type { ReceiptAckAt, ReceiptEffect } from "./effect.ts";
import type { Fault } from "./fault.ts";

interface Entry {
  readonly tally: StakeTally;
  readonly acks: ReceiptAckAt[];
  newestRound: number;
  seenAtCommit: number;
}

export interface ReceiptsSetup {
  readonly committee: Committee;
  /** The key of a header met in the DAG. */
  readonly keyOf: (update: UpdateDigest) => UpdateKey | undefined;
  /** Commits for which acks of a known header are kept. */
  readonly keepCommits: number;
}

export class Receipts {
  readonly #setup: ReceiptsSetup;
  readonly #entries = new Map<UpdateDigest, Entry>();
  /** By `author/key`, the first update of that key the author acked. */
  readonly #firstAcks = new Map<string, { readonly update: UpdateDigest; readonly round: number }>();

  constructor(setup: ReceiptsSetup) {
    this.#setup = setup;
  }

  onAccepted(
    block: VerifiedBlock,
    lastCommit: number,
  ): { readonly receipts: readonly ReceiptEffect[]; readonly faults: readonly Fault[] } {
    const receipts: ReceiptEffect[] = [];
    const faults: Fault[] = [];
    for (const [position, { update }] of block.body.acks.entries()) {
      const entry = this.#entryOf(update);
      entry.newestRound = Math.max(entry.newestRound, block.ref.round);
      entry.seenAtCommit = lastCommit;
      if (this.#isConflicting(update, block.ref))
        faults.push({ type: "conflictingAck", author: block.ref.author, update, block: block.ref });
      const hadQuorum = entry.tally.hasQuorum;
      if (hadQuorum || !entry.tally.add(block.ref.author)) continue;
      entry.acks.push({ block: block.ref, position });
      // U4
      if (entry.tally.hasQuorum) receipts.push(receiptOf(update, entry));
    }
    return { receipts, faults };
  }

  /** All complete ones in memory: handed out again after a restart, as the host may have lost the last. */
  complete(): readonly ReceiptEffect[] {
    return [...this.#entries]
      .filter(([, { tally }]) => tally.hasQuorum)
      .map(([update, entry]) => receiptOf(update, entry));
  }

  /** Acks for headers nobody has shown go with garbage collection, others once the update can no longer be certified. */
  forgetOld(gcRound: number, lastCommit: number): void {
    for (const [update, { newestRound, seenAtCommit }] of this.#entries) {
      if (newestRound > gcRound) continue;
      const isKnown = this.#setup.keyOf(update) !== undefined;
      if (!isKnown || seenAtCommit + this.#setup.keepCommits < lastCommit) this.#entries.delete(update);
    }
    for (const [name, { update, round }] of this.#firstAcks) {
      if (round <= gcRound && !this.#entries.has(update)) this.#firstAcks.delete(name);
    }
  }

  #entryOf(update: UpdateDigest): Entry {
    let entry = this.#entries.get(update);
    if (entry === undefined) {
      entry = { tally: new StakeTally(this.#setup.committee), acks: [], newestRound: 0, seenAtCommit: 0 };
      this.#entries.set(update, entry);
    }
    return entry;
  }

  #isConflicting(update: UpdateDigest, { author, round }: BlockRef): boolean {
    const key = this.#setup.keyOf(update);
    if (key === undefined) return false;
    const name = firstAckName(author, key);
    const first = this.#firstAcks.get(name);
    if (first === undefined) this.#firstAcks.set(name, { update, round });
    return first !== undefined && first.update !== update;
  }
}

function firstAckName(author: ValidatorIndex, key: UpdateKey): string {
  return `${author}/${key}`;
}

function receiptOf(update: UpdateDigest, { acks }: Entry): ReceiptEffect {
  const ordered = [...acks].sort((left, right) => left.block.author - right.block.author);
  return { type: "receipt", update, acks: ordered };
}
