// Opaque transactions in order: an append-only RFC 6962 tree over their digests. A repetition is recognised among the
// last `logDedupeMax` entries of the log, so what counts as one follows from the log itself; older ones count again.

import {
  type Digest,
  type Frontier,
  type Rejection,
  type Result,
  type Sha256,
  type WireValue,
  digestOf,
  digestToBytes,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import { RecentTree } from "../recent-tree.ts";

export interface LogSnapshot {
  /** From before the last entries. */
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
  readonly #tree: RecentTree;
  readonly #dedupeMax: number;
  /** The last #dedupeMax entries of the log, in order. */
  readonly #recent: Set<Digest>;

  constructor(sha256: Sha256, dedupeMax: number, restored?: { tree: RecentTree; recent: readonly Digest[] }) {
    this.#sha256 = sha256;
    this.#dedupeMax = dedupeMax;
    this.#tree = restored?.tree ?? RecentTree.empty(sha256);
    this.#recent = new Set(restored?.recent);
  }

  /** Whether the entries are as many as they should be, and no more, the root must say. */
  static restore(
    sha256: Sha256,
    dedupeMax: number,
    { frontier, recent }: LogSnapshot,
  ): Result<TransactionLog, Rejection> {
    const tree = RecentTree.restore(sha256, frontier, recent.map(digestToBytes));
    if (!tree.ok) return tree;
    if (recent.length !== Math.min(tree.value.size, dedupeMax) || new Set(recent).size !== recent.length)
      return err(rejection("SNAPSHOT_MALFORMED", "the log's last entries are not as many as are remembered"));
    return ok(new TransactionLog(sha256, dedupeMax, { tree: tree.value, recent }));
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
    return { frontier: this.#tree.frontierBefore(), recent: [...this.#recent] };
  }

  #remember(digest: Digest): void {
    this.#recent.add(digest);
    if (this.#recent.size <= this.#dedupeMax) return;
    const [oldest] = this.#recent;
    if (oldest === undefined) return;
    this.#recent.delete(oldest);
    this.#tree.forget(digestToBytes(oldest));
  }
}
