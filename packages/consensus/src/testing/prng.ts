// A small seeded generator (sfc32) for tests: the same seed, the same run. Not for anything secret.

export class TestRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = (seed ^ 0x9e3779b9) >>> 0;
    this.#c = Math.imul(seed + 1, 0x85ebca6b) >>> 0;
    for (let turn = 0; turn < 12; turn += 1) this.#next();
  }

  /** In [0, 1). */
  fraction(): number {
    return this.#next() / 4294967296;
  }

  /** Integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.fraction() * below);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }
}
