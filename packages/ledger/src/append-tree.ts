// An append-only RFC 6962 tree of which only the frontier is kept, with its root remembered between appends: what the log
// and the finished updates commit to.

import { CompactRange, type Frontier, type Sha256, type WireValue, leafHash, wireInteger } from "@selvedge/integrity";

export class AppendTree {
  readonly #sha256: Sha256;
  readonly #range: CompactRange;
  /** Root at the present size, once it was asked for. */
  #root: Uint8Array | undefined;

  constructor(sha256: Sha256, range: CompactRange = new CompactRange(sha256)) {
    this.#sha256 = sha256;
    this.#range = range;
  }

  get size(): number {
    return this.#range.size;
  }

  append(leaf: Uint8Array): void {
    this.#range.append(leafHash(this.#sha256, leaf));
    this.#root = undefined;
  }

  frontier(): Frontier {
    return this.#range.frontier();
  }

  stateFields(): readonly WireValue[] {
    this.#root ??= this.#range.root();
    return [wireInteger(this.size), this.#root];
  }
}
