// Update headers that this node has proposed and no commit has output yet: so that an engine that takes over from another
// one can propose them again, and so that no more are proposed than blocks can carry in a while. A network that stands
// still takes none out, and a device that signs rivals of one sequence has no end of them.

import type { DeviceId, SignedUpdate, UpdateDigest } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import { isTransient } from "../daemon/transient-refusal.ts";

/** Headers remembered, and proposed at one time. */
const UNSETTLED_UPDATES_MAX = 4096;
/** Of one device: some windows of sequences of as many models. */
const UNSETTLED_OF_DEVICE_MAX = 256;
/** Below so many, what is settled may stay: looking costs more than it frees. */
const SWEEP_MIN = 64;

type Outcomes = Pick<Ledger, "updateStatus" | "checkUpdate" | "lastCommitIndex">;

export class UnsettledUpdates {
  readonly #updates = new Map<UpdateDigest, SignedUpdate>();
  readonly #countOf = new Map<DeviceId, number>();
  /** How many more may come before what is settled is looked for again. */
  #untilSweep = SWEEP_MIN;
  /** The last executed commit when there was no room and all was looked through. */
  #sweptAt = -1;

  get size(): number {
    return this.#updates.size;
  }

  /** Whether one more of the device may be proposed. */
  hasRoom(device: DeviceId, ledger: Outcomes): boolean {
    if (this.#isRoom(device)) return true;
    // Nothing is settled but by a commit.
    const executed = ledger.lastCommitIndex();
    if (executed === this.#sweptAt) return false;
    this.#sweptAt = executed;
    this.#forgetSettled(ledger);
    return this.#isRoom(device);
  }

  note(update: SignedUpdate, ledger: Outcomes): void {
    this.#add(update);
    this.#untilSweep -= 1;
    if (this.#untilSweep === 0) {
      this.#forgetSettled(ledger);
      // As many as are left: each header is looked at a bounded number of times on average.
      this.#untilSweep = Math.max(SWEEP_MIN, this.#updates.size);
    }
    // Those whose payload was under way when the last room went.
    const [oldest] = this.#updates.values();
    if (this.#updates.size > UNSETTLED_UPDATES_MAX && oldest !== undefined) this.#remove(oldest);
  }

  /** Those that may still be output; forgets the others. */
  take(ledger: Outcomes): readonly SignedUpdate[] {
    this.#forgetSettled(ledger);
    return [...this.#updates.values()];
  }

  #isRoom(device: DeviceId): boolean {
    return this.#updates.size < UNSETTLED_UPDATES_MAX && (this.#countOf.get(device) ?? 0) < UNSETTLED_OF_DEVICE_MAX;
  }

  #add(update: SignedUpdate): void {
    if (this.#updates.has(update.digest)) return;
    this.#updates.set(update.digest, update);
    const { deviceId } = update.header;
    this.#countOf.set(deviceId, (this.#countOf.get(deviceId) ?? 0) + 1);
  }

  #remove({ digest, header: { deviceId } }: SignedUpdate): void {
    this.#updates.delete(digest);
    const count = (this.#countOf.get(deviceId) ?? 0) - 1;
    if (count > 0) this.#countOf.set(deviceId, count);
    else this.#countOf.delete(deviceId);
  }

  /** What the ledger has met, and what it would never take any more: rivals of what it has decided. */
  #forgetSettled(ledger: Outcomes): void {
    for (const update of this.#updates.values()) {
      const permit = ledger.checkUpdate(update.header);
      const isRefused = !permit.ok && !isTransient(permit.error);
      if (isRefused || ledger.updateStatus(update.digest).state !== "unknown") this.#remove(update);
    }
  }
}
