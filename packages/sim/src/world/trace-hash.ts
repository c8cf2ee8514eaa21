// A running hash of everything that was delivered, in order: two 32-bit lanes mixed as MurmurHash3 mixes its blocks. It is
// compared between runs of one seed and guards against nobody; the final digest is SHA-256 over it and the engines' own.

export class TraceHash {
  #low = 0x9747b28c;
  #high = 0x2c1b3c6d;
  #count = 0;

  add(atUs: number, first: number, second: number): void {
    this.#count += 1;
    this.#low = mixed(this.#low, atUs | 0);
    this.#high = mixed(this.#high, Math.floor(atUs / 4_294_967_296) ^ first);
    this.#low = mixed(this.#low, second | 0);
    this.#high = mixed(this.#high, this.#low);
  }

  addText(text: string): void {
    for (let position = 0; position < text.length; position += 1)
      this.#high = mixed(this.#high, text.charCodeAt(position));
    this.#low = mixed(this.#low, text.length);
  }

  get text(): string {
    return `${this.#count}/${this.#low >>> 0}/${this.#high >>> 0}`;
  }
}

function mixed(lane: number, word: number): number {
  let value = Math.imul(word, 0xcc9e2d51);
  value = Math.imul((value << 15) | (value >>> 17), 0x1b873593);
  const joined = lane ^ value;
  return (Math.imul((joined << 13) | (joined >>> 19), 5) + 0xe6546b64) | 0;
}
