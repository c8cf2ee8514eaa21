// The engine's named timers on the real clock. Setting one again replaces it; a late firing is dropped.

import type { TimerId } from "@selvedge/consensus";

export class Timers {
  /** By id: how to stop the timer that runs under it. */
  readonly #running = new Map<TimerId, () => void>();
  readonly #onFire: (id: TimerId) => void;

  constructor(onFire: (id: TimerId) => void) {
    this.#onFire = onFire;
  }

  set(id: TimerId, delayMs: number): void {
    this.cancel(id);
    const fire = (): void => {
      this.#running.delete(id);
      this.#onFire(id);
    };
    if (delayMs <= 0) {
      const immediate = setImmediate(fire);
      this.#running.set(id, () => clearImmediate(immediate));
      return;
    }
    const timeout = setTimeout(fire, delayMs);
    this.#running.set(id, () => clearTimeout(timeout));
  }

  cancel(id: TimerId): void {
    this.#running.get(id)?.();
    this.#running.delete(id);
  }

  stop(): void {
    for (const id of this.#running.keys()) this.cancel(id);
  }
}
