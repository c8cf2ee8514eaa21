// Numbers for blocks, so that checkers keep bits and integers instead of digests: each block is read once in a run,
// however many nodes accept it. Shared by the checkers of one run; judges nothing.

import { type SignedUpdate, type VerifiedBlock, updateKeyOf } from "@selvedge/integrity";

export interface KnownBlock {
  /** Ascending from 0 in the order in which blocks or references to them were met. */
  readonly id: number;
  readonly round: number;
  readonly author: number;
  readonly digest: string;
  readonly timestampMs: number;
  /** Ids of the parents above genesis, in the header's order: the author's own comes first if it has one. */
  readonly parents: Int32Array;
  /** Ids of all blocks of its round and author met so far, itself among them: more than one is an equivocation. */
  readonly siblings: readonly number[];
}

export interface KnownUpdate {
  readonly key: string;
  readonly payloadRoot: string;
}

export class BlockIndex {
  /** By object: the same block usually travels as the same object. */
  readonly #byBlock = new WeakMap<VerifiedBlock, KnownBlock>();
  readonly #idOfDigest = new Map<string, number>();
  /** By id; a hole for a block that is only referred to so far. */
  readonly #blocks: (KnownBlock | undefined)[] = [];
  readonly #updates = new Map<string, KnownUpdate>();
  /** One observation is shown to several checkers in a row. */
  #lastBlock: VerifiedBlock | undefined;
  #lastKnown: KnownBlock | undefined;
  /** By round, and in it by author. */
  readonly #slots = new Map<number, number[][]>();

  of(block: VerifiedBlock): KnownBlock {
    if (block === this.#lastBlock && this.#lastKnown !== undefined) return this.#lastKnown;
    const known = this.#byBlock.get(block) ?? this.#find(block);
    this.#lastBlock = block;
    this.#lastKnown = known;
    return known;
  }

  /** Undefined if no observed node has shown the block yet. */
  at(id: number): KnownBlock | undefined {
    return this.#blocks[id];
  }

  byDigest(digest: string): KnownBlock | undefined {
    const id = this.#idOfDigest.get(digest);
    return id === undefined ? undefined : this.#blocks[id];
  }

  /** Ids of the blocks of a round met so far, by author. */
  round(round: number): readonly (readonly number[] | undefined)[] {
    return this.#slots.get(round) ?? [];
  }

  update(digest: string): KnownUpdate | undefined {
    return this.#updates.get(digest);
  }

  learn({ digest, header }: SignedUpdate): void {
    if (!this.#updates.has(digest)) {
      this.#updates.set(digest, { key: updateKeyOf(header), payloadRoot: header.payloadRoot });
    }
  }

  /** The same block may come as another object, decoded anew. */
  #find(block: VerifiedBlock): KnownBlock {
    const known = this.#blocks[this.#idOf(block.ref.digest)] ?? this.#read(block);
    this.#byBlock.set(block, known);
    return known;
  }

  #read({ ref, header, body }: VerifiedBlock): KnownBlock {
    const id = this.#idOf(ref.digest);
    const siblings = this.#slotOf(ref.round, ref.author);
    siblings.push(id);
    const above = header.parents.filter(({ round }) => round > 0);
    const known = {
      id,
      round: ref.round,
      author: ref.author,
      digest: ref.digest,
      timestampMs: header.timestampMs,
      parents: Int32Array.from(above, ({ digest }) => this.#idOf(digest)),
      siblings,
    };
    this.#blocks[known.id] = known;
    for (const update of body.updates) this.learn(update);
    return known;
  }

  #slotOf(round: number, author: number): number[] {
    let row = this.#slots.get(round);
    if (row === undefined) this.#slots.set(round, (row = []));
    return (row[author] ??= []);
  }

  #idOf(digest: string): number {
    const known = this.#idOfDigest.get(digest);
    if (known !== undefined) return known;
    const id = this.#idOfDigest.size;
    this.#idOfDigest.set(digest, id);
    this.#blocks.push(undefined);
    return id;
  }
}

/** A growing set of block ids, a bit each. */
export class IdSet {
  #words = new Uint32Array(64);

  has(id: number): boolean {
    return (((this.#words[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 1;
  }

  add(id: number): void {
    const word = id >>> 5;
    if (word >= this.#words.length) {
      const grown = new Uint32Array(Math.max(word + 1, 2 * this.#words.length));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (id & 31));
  }

  /** The first of these ids that is not in the set. */
  firstMissing(ids: Int32Array): number | undefined {
    const words = this.#words;
    for (let position = 0; position < ids.length; position += 1) {
      const id = ids[position] ?? 0;
      if ((((words[id >>> 5] ?? 0) >>> (id & 31)) & 1) === 0) return id;
    }
    return undefined;
  }
}

/** An IdSet for each node. */
export function idSets(size: number): readonly IdSet[] {
  return Array.from({ length: size }, () => new IdSet());
}
