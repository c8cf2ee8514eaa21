// Update headers that this node has proposed and no commit has output yet, so that an engine that takes over from another
// one can propose them again. Bounded: the oldest go first, and their devices hand them in again.

import type { SignedUpdate, UpdateDigest } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";

/** Headers remembered. */
const UNSETTLED_UPDATES_MAX = 4096;

export class UnsettledUpdates {
  readonly #updates = new Map<UpdateDigest, SignedUpdate>();

  note(update: SignedUpdate): void {
    this.#updates.set(update.digest, update);
    const [oldest] = this.#updates.keys();
    if (this.#updates.size > UNSETTLED_UPDATES_MAX && oldest !== undefined) this.#updates.delete(oldest);
  }

  /** Those that the ledger has never met; forgets the others. */
  take(ledger: Pick<Ledger, "updateStatus">): readonly SignedUpdate[] {
    for (const digest of this.#updates.keys()) {
      if (ledger.updateStatus(digest).state !== "unknown") this.#updates.delete(digest);
    }
    return [...this.#updates.values()];
  }
}
