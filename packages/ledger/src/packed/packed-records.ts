// A growing list of byte strings in few large buffers: what lives as long as the chain costs its bytes and three numbers
// each, not an object with a buffer of its own.

/** A longer byte string gets a page of its own. */
const PAGE_BYTES = 16 * 1024;
const NUMBERS_EACH = 3;

export class PackedRecords {
  readonly #pages: Uint8Array[] = [];
  /** Bytes taken of the last page. */
  #used = 0;
  /** Page, begin and end of each byte string. */
  readonly #places: number[] = [];

  get length(): number {
    return this.#places.length / NUMBERS_EACH;
  }

  /** A view that must not be written to; undefined beyond the end. */
  at(index: number): Uint8Array | undefined {
    const [page, begin, end] = this.#places.slice(index * NUMBERS_EACH, (index + 1) * NUMBERS_EACH);
    return page === undefined ? undefined : this.#pages[page]?.subarray(begin, end);
  }

  append(bytes: Uint8Array): void {
    let page = this.#pages.at(-1);
    if (page === undefined || this.#used + bytes.length > page.length) {
      page = new Uint8Array(Math.max(PAGE_BYTES, bytes.length));
      this.#pages.push(page);
      this.#used = 0;
    }
    page.set(bytes, this.#used);
    this.#places.push(this.#pages.length - 1, this.#used, this.#used + bytes.length);
    this.#used += bytes.length;
  }
}
