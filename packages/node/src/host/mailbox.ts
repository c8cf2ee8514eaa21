// The one queue in front of the engine. Bounded: `put` waits while it is full, which is how a slow engine slows its
// peers down; `putUrgent` (timers, our own verdicts) never waits, because those are bounded by the engine itself.

/** Inputs that may wait before `put` makes its caller wait. */
const MAILBOX_MAX_ITEMS = 1024;

export class Mailbox<Item> {
  #items: Item[] = [];
  #head = 0;
  #isClosed = false;
  /** Set while held. */
  #isTaken: ((item: Item) => boolean) | undefined;
  readonly #capacity: number;
  #wakeConsumer: (() => void) | undefined;
  #waitingProducers: (() => void)[] = [];

  constructor(capacity: number = MAILBOX_MAX_ITEMS) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  async put(item: Item): Promise<void> {
    while (this.size >= this.#capacity && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waitingProducers.push(resolve));
    }
    this.putUrgent(item);
  }

  putUrgent(item: Item): void {
    if (this.#isClosed || this.#isTaken?.(item) === false) return;
    this.#items.push(item);
    this.#wakeConsumer?.();
    this.#wakeConsumer = undefined;
  }

  /** The oldest item, or undefined once closed. */
  async take(): Promise<Item | undefined> {
    while (this.size === 0 || this.#isTaken !== undefined) {
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeConsumer = resolve;
      });
    }
    const item = this.#items[this.#head];
    this.#head += 1;
    this.#compact();
    this.#waitingProducers.shift()?.();
    return item;
  }

  /** From now on nothing is handed out, and only such items are taken in; of those queued the others are dropped. */
  hold(isKept: (item: Item) => boolean): void {
    this.#isTaken = isKept;
    this.#items = this.#items.slice(this.#head).filter(isKept);
    this.#head = 0;
    for (const release of this.#waitingProducers.splice(0)) release();
  }

  /** Takes in everything again and hands out; `first` comes before what was kept. */
  release(first: Item): void {
    this.#isTaken = undefined;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
    if (!this.#isClosed) this.#items.unshift(first);
    this.#wakeConsumer?.();
    this.#wakeConsumer = undefined;
  }

  /** Drops what is queued and releases everybody who waits. */
  close(): void {
    this.#isClosed = true;
    this.#items = [];
    this.#head = 0;
    this.#wakeConsumer?.();
    for (const release of this.#waitingProducers.splice(0)) release();
  }

  #compact(): void {
    if (this.#head < 256 || this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
