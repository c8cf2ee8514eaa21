// How many requests of ours one peer works on at a time. The rest wait in order; beyond the bound they are refused.

import { NetworkError } from "./network-error.ts";

export class RequestSlots {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  #runningCount = 0;
  #waiting: (() => void)[] = [];

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  /** Runs `task` when it is its turn; PEER_BUSY if too many wait already. */
  async run<Value>(task: () => Promise<Value>): Promise<Value> {
    if (this.#runningCount < this.#runningMax) this.#runningCount += 1;
    else await this.#turn();
    try {
      return await task();
    } finally {
      this.#release();
    }
  }

  /** The slot is handed over by whoever releases it, so that nobody can jump the queue. */
  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) {
      return Promise.reject(new NetworkError("PEER_BUSY", "too many requests wait for this peer already"));
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#runningCount -= 1;
    else next();
  }
}
