// An append-only RFC 6962 tree of which only frontiers are kept: at its end, and from before its newest entries, which the
// caller remembers. Both the log and the finished updates are one. A snapshot keeps the earlier frontier and the entries:
// whoever appends these to it gets the root, which is in the state root, so that a forged entry or a missing one shows.

import {
  CompactRange,
  type Frontier,
  type Rejection,
  type Result,
  type Sha256,
  type WireValue,
  leafHash,
  ok,
  wireInteger,
} from "@selvedge/integrity";

export class RecentTree {
  readonly #sha256: Sha256;
  readonly #whole: CompactRange;
  readonly #before: CompactRange;
  /** Root at the present size, once it was asked for. */
  #root: Uint8Array | undefined;

  private constructor(sha256: Sha256, whole: CompactRange, before: CompactRange) {
    this.#sha256 = sha256;
    this.#whole = whole;
    this.#before = before;
  }

  static empty(sha256: Sha256): RecentTree {
    return new RecentTree(sha256, new CompactRange(sha256), new CompactRange(sha256));
  }

  /** @param recent the entries that followed, oldest first */
  static restore(sha256: Sha256, before: Frontier, recent: Iterable<Uint8Array>): Result<RecentTree, Rejection> {
    const [whole, earlier] = [CompactRange.restore(sha256, before), CompactRange.restore(sha256, before)];
    if (!whole.ok) return whole;
    if (!earlier.ok) return earlier;
    const tree = new RecentTree(sha256, whole.value, earlier.value);
    for (const entry of recent) tree.append(entry);
    return ok(tree);
  }

  get size(): number {
    return this.#whole.size;
  }

  append(entry: Uint8Array): void {
    this.#whole.append(leafHash(this.#sha256, entry));
    this.#root = undefined;
  }

  /** The oldest entry that the caller remembered, and remembers no longer. */
  forget(entry: Uint8Array): void {
    this.#before.append(leafHash(this.#sha256, entry));
  }

  /** From before the entries that the caller remembers. */
  frontierBefore(): Frontier {
    return this.#before.frontier();
  }

  stateFields(): readonly WireValue[] {
    this.#root ??= this.#whole.root();
    return [wireInteger(this.size), this.#root];
  }
}
