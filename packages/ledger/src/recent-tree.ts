// An append-only RFC 6962 tree over entries, of which only the newest are remembered: what the log and the finished updates
// are. Beside the tree's frontier the one from before the remembered entries is kept. A snapshot has that one and the
// entries: whoever appends these to it gets the root, which is in the state root, so that a forged entry or a missing one
// shows.

import {
  CompactRange,
  type Digest,
  type Frontier,
  type Rejection,
  type Result,
  type Sha256,
  type WireValue,
  err,
  leafHash,
  ok,
  rejection,
  wireInteger,
} from "@selvedge/integrity";

export interface RecentTreeOptions<Entry> {
  readonly sha256: Sha256;
  /** Entries remembered; the oldest is forgotten first. */
  readonly recentMax: number;
  /** No two remembered entries have the same. */
  readonly keyOf: (entry: Entry) => Digest;
  /** The leaf. */
  readonly bytesOf: (entry: Entry) => Uint8Array;
}

export interface RecentTreeSnapshot<Entry> {
  /** From before the remembered entries. */
  readonly frontier: Frontier;
  /** Oldest first. */
  readonly recent: readonly Entry[];
}

export class RecentTree<Entry> {
  readonly #options: RecentTreeOptions<Entry>;
  readonly #whole: CompactRange;
  readonly #before: CompactRange;
  /** By key, oldest first. */
  readonly #recent = new Map<Digest, Entry>();
  /** Root at the present size, once it was asked for. */
  #root: Uint8Array | undefined;

  private constructor(options: RecentTreeOptions<Entry>, whole: CompactRange, before: CompactRange) {
    this.#options = options;
    this.#whole = whole;
    this.#before = before;
  }

  static empty<Entry>(options: RecentTreeOptions<Entry>): RecentTree<Entry> {
    return new RecentTree(options, new CompactRange(options.sha256), new CompactRange(options.sha256));
  }

  /** Refuses another number of entries than are remembered at that size; that they are the right ones says the root. */
  static restore<Entry>(
    options: RecentTreeOptions<Entry>,
    { frontier, recent }: RecentTreeSnapshot<Entry>,
  ): Result<RecentTree<Entry>, Rejection> {
    const whole = CompactRange.restore(options.sha256, frontier);
    if (!whole.ok) return whole;
    const before = CompactRange.restore(options.sha256, frontier);
    if (!before.ok) return before;
    const tree = new RecentTree(options, whole.value, before.value);
    for (const entry of recent) tree.#append(entry);
    const isWhole = recent.length === Math.min(tree.size, options.recentMax) && tree.#recent.size === recent.length;
    if (isWhole) return ok(tree);
    return err(rejection("SNAPSHOT_MALFORMED", "not as many entries of a tree as are remembered at its size"));
  }

  get size(): number {
    return this.#whole.size;
  }

  get(key: Digest): Entry | undefined {
    return this.#recent.get(key);
  }

  /** Its key is none of a remembered entry. */
  add(entry: Entry): void {
    this.#append(entry);
    if (this.#recent.size <= this.#options.recentMax) return;
    const [oldest] = this.#recent;
    if (oldest === undefined) return;
    const [key, forgotten] = oldest;
    this.#recent.delete(key);
    this.#before.append(this.#leafOf(forgotten));
  }

  snapshot(): RecentTreeSnapshot<Entry> {
    return { frontier: this.#before.frontier(), recent: [...this.#recent.values()] };
  }

  stateFields(): readonly WireValue[] {
    this.#root ??= this.#whole.root();
    return [wireInteger(this.size), this.#root];
  }

  #append(entry: Entry): void {
    this.#recent.set(this.#options.keyOf(entry), entry);
    this.#whole.append(this.#leafOf(entry));
    this.#root = undefined;
  }

  #leafOf(entry: Entry): Uint8Array {
    const { sha256, bytesOf } = this.#options;
    return leafHash(sha256, bytesOf(entry));
  }
}
