// Seeded randomness: a failing run is repeated with its seed. SHA-256 in counter mode, which is more than fast enough.

import { createHash } from "node:crypto";

export class Random {
  readonly #seed: string;
  #counter = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A generator of its own, so that faults do not depend on which others ran before. */
  child(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let offset = 0; offset < count; offset += 32) bytes.set(this.#block().subarray(0, count - offset), offset);
    return bytes;
  }

  /** In [0, 1). */
  fraction(): number {
    return Buffer.from(this.#block()).readUInt32BE() / 2 ** 32;
  }

  /** In [0, below). */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** Exponentially distributed. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    const order = items.map((item) => ({ item, key: this.fraction() }));
    return order.toSorted((left, right) => left.key - right.key).map(({ item }) => item);
  }

  #block(): Uint8Array {
    this.#counter += 1;
    return createHash("sha256").update(`${this.#seed}#${this.#counter}`).digest();
  }
}
