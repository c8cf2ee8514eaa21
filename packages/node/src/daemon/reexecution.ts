// After a restart the ledger stands at its newest snapshot and executes again what came after. This knows how many commits
// are still to come.

import type { Store } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";

export class Reexecution {
  readonly #ledger: Pick<Ledger, "lastCommitIndex">;
  #executedBefore = 0;

  constructor(ledger: Pick<Ledger, "lastCommitIndex">) {
    this.#ledger = ledger;
  }

  /** Before anything is executed. */
  async open(store: Store): Promise<void> {
    for await (const { key } of store.iterate("state", { gte: "root/", lt: "root0", reverse: true, limit: 1 }))
      this.#executedBefore = Number.parseInt(key.slice("root/".length), 16);
  }

  /** Commits that were executed before the stop and are not yet again. */
  get remaining(): number {
    return Math.max(0, this.#executedBefore - this.#ledger.lastCommitIndex());
  }
}
