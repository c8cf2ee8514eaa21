// Update headers that this node has proposed and no commit has output yet, so that an engine that takes over from another
// one can propose them again. Bounded: the oldest go first, and their devices hand them in again.

import type { SignedUpdate, UpdateDigest } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";

/** Headers remembered. */
const UNSETTLED_UPDATES_MAX = 4096;
/** Below so many, what is settled may stay: looking costs more than it frees. */
const SWEEP_MIN = 64;

type Outcomes = Pick<Ledger, "updateStatus">;

export class UnsettledUpdates {
  readonly #updates = new Map<UpdateDigest, SignedUpdate>();
  /** How many more may come before what is settled is looked for again. */
  #untilSweep = SWEEP_MIN;

  get size(): number {
    return this.#updates.size;
  }

  note(update: SignedUpdate, ledger: Outcomes): void {
    this.#updates.set(update.digest, update);
    this.#untilSweep -= 1;
    if (this.#untilSweep === 0) {
      this.#forgetSettled(ledger);
      // As many as are left: each header is looked at a bounded number of times on average.
      this.#untilSweep = Math.max(SWEEP_MIN, this.#updates.size);
    }
    const [oldest] = this.#updates.keys();
    if (this.#updates.size > UNSETTLED_UPDATES_MAX && oldest !== undefined) this.#updates.delete(oldest);
  }

  /** Those that the ledger has never met; forgets the others. */
  take(ledger: Outcomes): readonly SignedUpdate[] {
    this.#forgetSettled(ledger);
    return [...this.#updates.values()];
  }

  #forgetSettled(ledger: Outcomes): void {
    for (const digest of this.#updates.keys()) {
      if (ledger.updateStatus(digest).state !== "unknown") this.#updates.delete(digest);
    }
  }
}
