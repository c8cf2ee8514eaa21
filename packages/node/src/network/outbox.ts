// What waits to be sent to one peer over one stream: first in, first out, bounded in bytes. Full means false, never
// growth; the peer pulls what it missed. outbound-channel.ts and memory-transport.ts drain it.

export class Outbox {
  readonly #bytesMax: number;
  #items: Uint8Array[] = [];
  /** Sum of the items' lengths; ≤ #bytesMax, unless a single item is larger than that on its own. */
  #queuedBytes = 0;
  #droppedCount = 0;
  #wake: (() => void) | null = null;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** All or nothing, so that a block never goes without the ancestors that were pushed with it. */
  offer(items: readonly Uint8Array[]): boolean {
    const sizeBytes = items.reduce((sum, item) => sum + item.length, 0);
    if (this.#queuedBytes + sizeBytes > this.#bytesMax) return this.refuse(items.length);
    this.#items.push(...items);
    this.#queuedBytes += sizeBytes;
    this.#wake?.();
    return true;
  }

  refuse(itemCount: number): false {
    this.#droppedCount += itemCount;
    return false;
  }

  /** The oldest items, at least one, up to about `bytesMax`. They stay queued until `shift`. */
  peek(bytesMax: number): readonly Uint8Array[] {
    let sizeBytes = 0;
    let count = 0;
    for (const item of this.#items) {
      if (count > 0 && sizeBytes + item.length > bytesMax) break;
      sizeBytes += item.length;
      count += 1;
    }
    return this.#items.slice(0, count);
  }

  shift(count: number): void {
    for (const item of this.#items.splice(0, count)) this.#queuedBytes -= item.length;
  }

  clear(): void {
    this.#droppedCount += this.#items.length;
    this.#items = [];
    this.#queuedBytes = 0;
  }

  /** Resolves when something is queued or `signal` aborts. One waiter at a time: the loop that drains it. */
  whenFilled(signal: AbortSignal): Promise<void> {
    if (!this.isEmpty || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#wake = null;
        signal.removeEventListener("abort", finish);
        resolve();
      };
      this.#wake = finish;
      signal.addEventListener("abort", finish);
    });
  }
}
