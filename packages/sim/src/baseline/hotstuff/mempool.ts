// Transactions that wait for a block, in the order of arrival, and those committed not long ago. Every validator keeps the
// same memory of committed ones (it follows from the chain alone), so all drop the same repetitions.

import { type Sha256, hexFromBytes } from "@selvedge/integrity";
import { HOTSTUFF_COMMITTED_TRANSACTIONS_MAX, HOTSTUFF_MEMPOOL_TRANSACTIONS_MAX } from "./limits.ts";
import type { HotStuffBlock } from "./records.ts";

const SHORT_BYTES = 64;

/** Names transactions by content; remembers the name per object, for all validators of a run. */
export class TransactionNames {
  readonly #sha256: Sha256;
  readonly #names = new WeakMap<Uint8Array, string>();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  of(transaction: Uint8Array): string {
    const known = this.#names.get(transaction);
    if (known !== undefined) return known;
    const isShort = transaction.length <= SHORT_BYTES;
    const name = isShort ? String.fromCharCode(...transaction) : hexFromBytes(this.#sha256(transaction));
    this.#names.set(transaction, name);
    return name;
  }
}

export interface BlockRoom {
  readonly transactionsMax: number;
  readonly bytesMax: number;
  /** On the wire: a token weighs what it stands for. */
  readonly weightOf: (transaction: Uint8Array) => number;
}

export class Mempool {
  readonly #names: TransactionNames;
  readonly #pending = new Map<string, Uint8Array>();
  readonly #committed = new Set<string>();
  /** Committed names by block, oldest first: whole blocks are forgotten. */
  readonly #committedBlocks: (readonly string[])[] = [];
  readonly #committedMax: number;

  constructor(names: TransactionNames, committedMax: number = HOTSTUFF_COMMITTED_TRANSACTIONS_MAX) {
    this.#names = names;
    this.#committedMax = committedMax;
  }

  get size(): number {
    return this.#pending.size;
  }

  add(transactions: readonly Uint8Array[]): void {
    for (const transaction of transactions) {
      const name = this.#names.of(transaction);
      if (this.#pending.size >= HOTSTUFF_MEMPOOL_TRANSACTIONS_MAX) return;
      if (!this.#committed.has(name) && !this.#pending.has(name)) this.#pending.set(name, transaction);
    }
  }

  /** The oldest that stand in none of these blocks, as many as there is room for. */
  choose(uncommitted: readonly HotStuffBlock[], room: BlockRoom): readonly Uint8Array[] {
    const taken = new Set<string>();
    for (const block of uncommitted)
      for (const transaction of block.transactions) taken.add(this.#names.of(transaction));
    const chosen: Uint8Array[] = [];
    let sizeBytes = 0;
    for (const [name, transaction] of this.#pending) {
      if (chosen.length >= room.transactionsMax) break;
      if (taken.has(name)) continue;
      sizeBytes += room.weightOf(transaction);
      if (sizeBytes > room.bytesMax && chosen.length > 0) break;
      chosen.push(transaction);
    }
    return chosen;
  }

  /** What of the block was not committed before, in its order. */
  commit(block: HotStuffBlock): readonly Uint8Array[] {
    const fresh: Uint8Array[] = [];
    const names: string[] = [];
    for (const transaction of block.transactions) {
      const name = this.#names.of(transaction);
      this.#pending.delete(name);
      if (this.#committed.has(name)) continue;
      this.#committed.add(name);
      names.push(name);
      fresh.push(transaction);
    }
    if (names.length > 0) this.#committedBlocks.push(names);
    this.#forget();
    return fresh;
  }

  #forget(): void {
    while (this.#committed.size > this.#committedMax && this.#committedBlocks.length > 1) {
      for (const name of this.#committedBlocks.shift() ?? []) this.#committed.delete(name);
    }
  }
}
