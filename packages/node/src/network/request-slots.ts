// How many requests of ours one peer works on at a time. The rest wait in order; beyond the bound they are refused.

import { NetworkError } from "./network-error.ts";

export class RequestSlots {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  #runningCount = 0;
  readonly #waiting = new Set<() => void>();

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  /** Runs `task` when it is its turn; PEER_BUSY if too many wait already. Who gives up waits no longer, nor in others' way. */
  async run<Value>(task: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    if (this.#runningCount < this.#runningMax) this.#runningCount += 1;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      this.#release();
    }
  }

  /** The slot is handed over by whoever releases it, so that nobody can jump the queue. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.size >= this.#waitingMax) {
      return Promise.reject(new NetworkError("PEER_BUSY", "too many requests wait for this peer already"));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#waiting.delete(begin);
      reject(signal?.reason);
    };
    const begin = (): void => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    this.#waiting.add(begin);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
    return promise;
  }

  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#runningCount -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
