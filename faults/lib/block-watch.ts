// C3: of one author and round, everybody sees one block. Fed with whatever left a node (wire capture) or was found in a
// stopped node's store.

import type { BlockRef } from "@selvedge/integrity";
import type { Checks } from "./fault.ts";

export class BlockWatch {
  readonly #checks: Checks;
  /** Authors who are meant to equivocate. */
  readonly #hostile: ReadonlySet<number>;
  readonly #digests = new Map<string, string>();
  /** Slots of hostile authors in which two blocks were seen. */
  readonly #twins = new Set<string>();

  constructor(checks: Checks, hostile: readonly number[] = []) {
    this.#checks = checks;
    this.#hostile = new Set(hostile);
  }

  get count(): number {
    return this.#digests.size;
  }

  get twinCount(): number {
    return this.#twins.size;
  }

  see({ author, round, digest }: BlockRef, epoch = 0): void {
    const slot = `${epoch}/${author}/${round}`;
    const before = this.#digests.get(slot);
    if (before === undefined) {
      this.#digests.set(slot, digest);
      if (!this.#hostile.has(author)) this.#checks.expect("C3", true, "");
      return;
    }
    if (before === digest) return;
    if (this.#hostile.has(author)) this.#twins.add(slot);
    else this.#checks.expect("C3", false, `validator ${author} has two blocks in round ${round} of epoch ${epoch}`);
  }
}
