// Opaque transactions in order: an append-only RFC 6962 tree over their digests. A repetition is recognised among the
// last `logDedupeMax` entries of the log, so what counts as one follows from the log itself; older ones count again.

import { type Digest, type Frontier, type Sha256, type WireValue, digestOf, digestToBytes } from "@selvedge/integrity";
import { AppendTree } from "../append-tree.ts";

export interface LogSnapshot {
  readonly frontier: Frontier;
  /** The last entries of the log, oldest first. */
  readonly recent: readonly Digest[];
}

/** What names a transaction in the log and towards whoever submitted it. */
export function transactionDigest(sha256: Sha256, transaction: Uint8Array): Digest {
  return digestOf(sha256, "transaction", transaction);
}

export class TransactionLog {
  readonly #sha256: Sha256;
  readonly #tree: AppendTree;
  readonly #dedupeMax: number;
  /** The last #dedupeMax entries of the log, in order. */
  readonly #recent = new Set<Digest>();

  constructor(sha256: Sha256, dedupeMax: number, restored?: { tree: AppendTree; recent: readonly Digest[] }) {
    this.#sha256 = sha256;
    this.#dedupeMax = dedupeMax;
    this.#tree = restored?.tree ?? new AppendTree(sha256);
    for (const digest of restored?.recent ?? []) this.#recent.add(digest);
  }

  get size(): number {
    return this.#tree.size;
  }

  /** The digests of those that joined the log. */
  append(transactions: Iterable<Uint8Array>): readonly Digest[] {
    const logged: Digest[] = [];
    for (const transaction of transactions) {
      const digest = transactionDigest(this.#sha256, transaction);
      if (this.#recent.has(digest)) continue;
      this.#remember(digest);
      this.#tree.append(digestToBytes(digest));
      logged.push(digest);
    }
    return logged;
  }

  stateFields(): readonly WireValue[] {
    return this.#tree.stateFields();
  }

  snapshot(): LogSnapshot {
    return { frontier: this.#tree.frontier(), recent: [...this.#recent] };
  }

  #remember(digest: Digest): void {
    this.#recent.add(digest);
    if (this.#recent.size <= this.#dedupeMax) return;
    const [oldest] = this.#recent;
    if (oldest !== undefined) this.#recent.delete(oldest);
  }
}
