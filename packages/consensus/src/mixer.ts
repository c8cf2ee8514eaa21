// A fast hash of 64 bits over numbers and text, for telling runs apart. Not for anything that an adversary may aim at.

/** Two mixers of 32 bits (as in MurmurHash3) with unlike constants, side by side. */
export class Mixer {
  #first = 0x2545_f491;
  #second = 0x6c07_8965;

  word(word: number): void {
    const first = Math.imul(word, 0xcc9e_2d51);
    this.#first = turned(this.#first ^ Math.imul((first << 15) | (first >>> 17), 0x1b87_3593));
    const second = Math.imul(word, 0x85eb_ca6b);
    this.#second = turned(this.#second ^ Math.imul((second << 16) | (second >>> 16), 0xc2b2_ae35));
  }

  number(value: number): void {
    if (Number.isSafeInteger(value)) {
      this.word(value | 0);
      this.word(Math.floor(value / 0x1_0000_0000));
    } else this.text(String(value));
  }

  text(text: string): void {
    this.word(text.length);
    for (let at = 0; at < text.length; at += 2) {
      this.word(text.charCodeAt(at) | ((at + 1 < text.length ? text.charCodeAt(at + 1) : 0) << 16));
    }
  }

  /** Text whose length is a multiple of four and whose characters are below 256. */
  hex(text: string): void {
    for (let at = 0; at < text.length; at += 4) {
      const low = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8);
      this.word(low | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24));
    }
  }

  bytes(bytes: Uint8Array): void {
    this.word(bytes.length);
    for (let at = 0; at < bytes.length; at += 4) {
      const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      this.word(low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24));
    }
  }

  /** 8 bytes that say what it was fed. */
  state(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, this.#first);
    view.setInt32(4, this.#second);
    return bytes;
  }
}

function turned(state: number): number {
  return (Math.imul((state << 13) | (state >>> 19), 5) + 0xe654_6b64) | 0;
}
