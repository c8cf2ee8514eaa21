// Opaque transactions on their way into blocks: deduplicated by digest, bounded, and answered as committed once this
// daemon has durably committed them. Knows nothing of what they mean.

import {
  type CommitIndex,
  type Digest,
  type Rejection,
  type Result,
  type Sha256,
  type VerifiedBlock,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import { transactionDigest } from "@selvedge/ledger";
import type { TransactionView } from "./services.ts";

/** Transactions that may wait for a commit here; beyond, submitting is refused as retryable. */
const TRANSACTIONS_PENDING_MAX = 100_000;
export const TRANSACTIONS_PENDING_BYTES_MAX: number = 64 * 1024 * 1024;
/** One transaction. */
export const TRANSACTION_MAX_BYTES: number = 128 * 1024;
/** Committed digests remembered until the ledger has indexed them on disk; beyond, the oldest are forgotten before. */
const TRANSACTIONS_RECENT_MAX = 200_000;
/** Commits for which they are remembered besides: a second block with the transaction is seldom later. */
const RECENT_COMMITS_KEPT = 64;

export interface TransactionPoolSetup {
  readonly sha256: Sha256;
  /** Bytes of transactions in a block, of the genesis: the engine passes over what is larger. */
  readonly blockBytesMax: number;
  /** Hands content to the engine; one call for all that came in one turn of the event loop. */
  readonly propose: (transactions: readonly Uint8Array[]) => void;
  readonly committedAt: (digest: Digest) => Promise<CommitIndex | undefined>;
}

type Waiter = (view: TransactionView) => void;

export class TransactionPool {
  readonly #setup: TransactionPoolSetup;
  /** By digest: handed to the engine, not committed yet. */
  readonly #pending = new Map<Digest, Uint8Array>();
  #pendingBytes = 0;
  readonly #recent = new Map<Digest, CommitIndex>();
  readonly #waiters = new Map<Digest, Waiter[]>();
  #batch: Uint8Array[] = [];

  constructor(setup: TransactionPoolSetup) {
    this.#setup = setup;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  async submit(
    bytes: Uint8Array,
  ): Promise<Result<{ readonly digest: Digest; readonly view: TransactionView }, Rejection>> {
    if (bytes.length === 0) return err(rejection("TRANSACTION_EMPTY", "a transaction has at least one byte"));
    const bytesMax = Math.min(TRANSACTION_MAX_BYTES, this.#setup.blockBytesMax);
    if (bytes.length > bytesMax) {
      return err(rejection("TRANSACTION_TOO_LARGE", `a transaction has at most ${bytesMax} bytes`));
    }
    const digest = transactionDigest(this.#setup.sha256, bytes);
    const view = await this.view(digest);
    // The second look is for the same bytes submitted while the store was asked.
    const now = view.state === "unknown" ? this.#viewNow(digest) : view;
    if (now !== undefined && now.state !== "unknown") return ok({ digest, view: now });
    if (
      this.#pending.size >= TRANSACTIONS_PENDING_MAX ||
      this.#pendingBytes + bytes.length > TRANSACTIONS_PENDING_BYTES_MAX
    ) {
      return err(rejection("TRANSACTIONS_FULL", "too many transactions are waiting; try again"));
    }
    this.#enqueue(digest, bytes);
    return ok({ digest, view: { state: "pending" } });
  }

  async view(digest: Digest): Promise<TransactionView> {
    const now = this.#viewNow(digest);
    if (now !== undefined) return now;
    const commitIndex = await this.#setup.committedAt(digest);
    if (commitIndex !== undefined) return { state: "committed", commitIndex };
    return this.#viewNow(digest) ?? { state: "unknown" };
  }

  /** Resolves once committed here, or with what is known when the signal aborts. */
  async wait(digest: Digest, signal: AbortSignal): Promise<TransactionView> {
    const view = this.#viewNow(digest) ?? (await this.view(digest));
    const isPending = view.state === "pending" && this.#pending.has(digest);
    if (!isPending || signal.aborted) return view.state === "pending" ? this.view(digest) : view;
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(digest) ?? [];
      const settle: Waiter = (committed) => {
        signal.removeEventListener("abort", giveUp);
        resolve(committed);
      };
      const giveUp = (): void => {
        const left = (this.#waiters.get(digest) ?? []).filter((waiter) => waiter !== settle);
        if (left.length > 0) this.#waiters.set(digest, left);
        else this.#waiters.delete(digest);
        resolve({ state: "pending" });
      };
      this.#waiters.set(digest, [...waiters, settle]);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  /** Hands everything that is pending to another engine than the one that has it. */
  proposeAgain(): void {
    this.#batch = [];
    if (this.#pending.size > 0) this.#setup.propose([...this.#pending.values()]);
  }

  /** A commit is durable here. */
  onCommit(index: CommitIndex, blocks: readonly VerifiedBlock[]): number {
    let count = 0;
    for (const { body } of blocks) {
      for (const bytes of body.transactions) {
        this.#settle(transactionDigest(this.#setup.sha256, bytes), index);
        count += 1;
      }
    }
    return count;
  }

  /** What memory knows: no waiting, so nothing can change in between. */
  #viewNow(digest: Digest): TransactionView | undefined {
    if (this.#pending.has(digest)) return { state: "pending" };
    const commitIndex = this.#recent.get(digest);
    return commitIndex === undefined ? undefined : { state: "committed", commitIndex };
  }

  #enqueue(digest: Digest, bytes: Uint8Array): void {
    this.#pending.set(digest, bytes);
    this.#pendingBytes += bytes.length;
    if (this.#batch.length === 0) setImmediate(() => this.#flush());
    this.#batch.push(bytes);
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    this.#setup.propose(batch);
  }

  #settle(digest: Digest, index: CommitIndex): void {
    if (this.#recent.has(digest)) return;
    this.#pendingBytes -= this.#pending.get(digest)?.length ?? 0;
    this.#pending.delete(digest);
    this.#recent.set(digest, index);
    if (this.#recent.size > TRANSACTIONS_RECENT_MAX) this.#forgetOldest();
    const waiters = this.#waiters.get(digest);
    if (waiters === undefined) return;
    this.#waiters.delete(digest);
    for (const waiter of waiters) waiter({ state: "committed", commitIndex: index });
  }

  /** Up to this commit the ledger has executed, and says from its disk what is committed. */
  onExecuted(index: CommitIndex): void {
    for (const [digest, committedAt] of this.#recent) {
      if (committedAt + RECENT_COMMITS_KEPT > index) return;
      this.#recent.delete(digest);
    }
  }

  #forgetOldest(): void {
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= TRANSACTIONS_RECENT_MAX / 2) return;
      this.#recent.delete(oldest);
    }
  }
}
