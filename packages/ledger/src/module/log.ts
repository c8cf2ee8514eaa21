// Opaque transactions in order: an append-only RFC 6962 tree over their digests. A repetition is recognised among the
// last `logDedupeMax` entries of the log, so what counts as one follows from the log itself; older ones count again.

import {
  type Digest,
  type Rejection,
  type Result,
  type Sha256,
  type WireValue,
  digestOf,
  digestToBytes,
  ok,
} from "@selvedge/integrity";
import { RecentTree, type RecentTreeOptions, type RecentTreeSnapshot } from "../recent-tree.ts";

export type LogSnapshot = RecentTreeSnapshot<Digest>;

/** What names a transaction in the log and towards whoever submitted it. */
export function transactionDigest(sha256: Sha256, transaction: Uint8Array): Digest {
  return digestOf(sha256, "transaction", transaction);
}

export class TransactionLog {
  readonly #sha256: Sha256;
  readonly #tree: RecentTree<Digest>;

  constructor(
    sha256: Sha256,
    dedupeMax: number,
    tree: RecentTree<Digest> = RecentTree.empty(treeOptions(sha256, dedupeMax)),
  ) {
    this.#sha256 = sha256;
    this.#tree = tree;
  }

  static restore(sha256: Sha256, dedupeMax: number, snapshot: LogSnapshot): Result<TransactionLog, Rejection> {
    const tree = RecentTree.restore(treeOptions(sha256, dedupeMax), snapshot);
    return tree.ok ? ok(new TransactionLog(sha256, dedupeMax, tree.value)) : tree;
  }

  get size(): number {
    return this.#tree.size;
  }

  /** The digests of those that joined the log. */
  append(transactions: Iterable<Uint8Array>): readonly Digest[] {
    const logged: Digest[] = [];
    for (const transaction of transactions) {
      const digest = transactionDigest(this.#sha256, transaction);
      if (this.#tree.get(digest) !== undefined) continue;
      this.#tree.add(digest);
      logged.push(digest);
    }
    return logged;
  }

  stateFields(): readonly WireValue[] {
    return this.#tree.stateFields();
  }

  snapshot(): LogSnapshot {
    return this.#tree.snapshot();
  }
}

function treeOptions(sha256: Sha256, dedupeMax: number): RecentTreeOptions<Digest> {
  return { sha256, recentMax: dedupeMax, keyOf: (digest) => digest, bytesOf: digestToBytes };
}
