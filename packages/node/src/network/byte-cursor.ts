// Fixed-width big-endian fields for network frames. The reader is total: past the end it answers zeros and remembers
// that it did, so that a decoder checks once at the end instead of after each field.

import { assert } from "@selvedge/integrity";

const UINT32_RANGE = 2 ** 32;

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #isDamaged = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    const at = this.#take(1);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  uint16(): number {
    const at = this.#take(2);
    return at === undefined ? 0 : this.#view.getUint16(at);
  }

  uint32(): number {
    const at = this.#take(4);
    return at === undefined ? 0 : this.#view.getUint32(at);
  }

  /** Eight bytes that must hold a safe integer. */
  count(): number {
    const value = this.uint32() * UINT32_RANGE + this.uint32();
    if (Number.isSafeInteger(value)) return value;
    this.#isDamaged = true;
    return 0;
  }

  /** A copy: what is kept of a frame must not keep the frame. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return at === undefined ? new Uint8Array(0) : this.#bytes.slice(at, at + length);
  }

  /** Length-prefixed bytes; longer than `lengthMax` is damage. */
  block(lengthMax: number): Uint8Array {
    const length = this.uint32();
    if (length <= lengthMax) return this.bytes(length);
    this.#isDamaged = true;
    return new Uint8Array(0);
  }

  /** Length-prefixed list; more than `countMax` items is damage. Stops at the first damage. */
  list<Item>(countMax: number, item: () => Item): Item[] {
    const count = this.uint32();
    if (count > countMax) this.#isDamaged = true;
    const items: Item[] = [];
    while (items.length < count && !this.#isDamaged) items.push(item());
    return items;
  }

  /** True if no read went past the end or out of range so far. */
  get isSound(): boolean {
    return !this.#isDamaged;
  }

  /** True if everything was there and nothing is left. */
  get isComplete(): boolean {
    return !this.#isDamaged && this.#offset === this.#bytes.length;
  }

  #take(length: number): number | undefined {
    if (this.#isDamaged || length > this.#bytes.length - this.#offset) {
      this.#isDamaged = true;
      return undefined;
    }
    const at = this.#offset;
    this.#offset += length;
    return at;
  }
}

export class ByteWriter {
  readonly #parts: Uint8Array[] = [];
  #sizeBytes = 0;

  uint8(value: number): this {
    return this.bytes(Uint8Array.of(value));
  }

  uint16(value: number): this {
    return this.bytes(Uint8Array.of(value >>> 8, value));
  }

  uint32(value: number): this {
    assert(Number.isInteger(value) && value >= 0 && value < UINT32_RANGE, "the field holds 32 bits");
    return this.bytes(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
  }

  count(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, "the field holds a safe integer");
    return this.uint32(Math.floor(value / UINT32_RANGE)).uint32(value % UINT32_RANGE);
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#sizeBytes += bytes.length;
    return this;
  }

  block(bytes: Uint8Array): this {
    return this.uint32(bytes.length).bytes(bytes);
  }

  list<Item>(items: readonly Item[], write: (item: Item) => void): this {
    this.uint32(items.length);
    for (const item of items) write(item);
    return this;
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#sizeBytes);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}
