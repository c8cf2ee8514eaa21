// When the mostly offline device is online: a second in four, which stands for a minute in four. What it has begun to
// send goes out even if its second is over; then it is away, and whatever it trained meanwhile waits for its return.

import { tellParent } from "./leave-with-parent.ts";
import { ABSENTEE_OFFLINE_MS, ABSENTEE_ONLINE_MS } from "./plan.ts";
import { pauseFor } from "./version-wait.ts";

export class Presence {
  readonly #isMostlyOffline: boolean;
  readonly #signal: AbortSignal;
  /** On the clock of performance.now. */
  #onlineSinceMs: number;
  /** Since it came online: nothing is sent in a second that was too short for one update. */
  #hasSent = false;

  constructor(isMostlyOffline: boolean, signal: AbortSignal) {
    this.#isMostlyOffline = isMostlyOffline;
    this.#signal = signal;
    this.#onlineSinceMs = performance.now();
    if (isMostlyOffline) tellParent({ type: "presence", isOnline: true });
  }

  get isOver(): boolean {
    return this.#isMostlyOffline && this.#hasSent && performance.now() - this.#onlineSinceMs > ABSENTEE_ONLINE_MS;
  }

  onSent(): void {
    this.#hasSent = true;
  }

  /** Resolves at once while online; otherwise stays away and comes back. */
  async online(): Promise<void> {
    if (!this.isOver) return;
    tellParent({ type: "presence", isOnline: false });
    await pauseFor(ABSENTEE_OFFLINE_MS, this.#signal);
    tellParent({ type: "presence", isOnline: true });
    this.#onlineSinceMs = performance.now();
    this.#hasSent = false;
  }
}
