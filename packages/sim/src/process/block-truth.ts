// Whether the object that an adversary calls a block says what the block's bytes say. It looks at each object once.

import { isDeepStrictEqual } from "node:util";
import { type Sha256, decodeBlock } from "@selvedge/integrity";

export class BlockTruth {
  readonly #sha256: Sha256;
  readonly #known = new WeakMap<object, boolean>();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** Put together from its content: true even where the content is such that the bytes do not decode. */
  noteMade(block: object): void {
    this.#known.set(block, true);
  }

  holds(block: unknown): boolean {
    if (typeof block !== "object" || block === null) return false;
    const known = this.#known.get(block) ?? this.#isTrue(block);
    this.#known.set(block, known);
    return known;
  }

  #isTrue(block: object): boolean {
    if (!("bytes" in block && block.bytes instanceof Uint8Array)) return false;
    const decoded = decodeBlock(block.bytes, this.#sha256);
    return decoded.ok && isDeepStrictEqual({ ...block }, { ...decoded.value });
  }
}
