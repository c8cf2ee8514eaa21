// The tree whose root validators sign: one leaf per part of the state, ascending by key, each leaf the canonical bytes of
// [key, …fields]. The set of keys is fixed at genesis; a commit replaces the leaves that it changed.

import {
  type Digest,
  type Sha256,
  type WireValue,
  assert,
  digestFromBytes,
  encode,
  isSameBytes,
} from "@selvedge/integrity";
import { MutableTree } from "./mutable-tree.ts";
import type { LeafProof } from "./state-proof.ts";

export class StateTree {
  readonly #tree: MutableTree;
  /** Position of each leaf: the rank of its key. */
  readonly #positions: ReadonlyMap<string, number>;
  /** Canonical bytes of each leaf. */
  readonly #leaves: Uint8Array[] = [];

  constructor(sha256: Sha256, keys: readonly string[]) {
    const ascending = keys.toSorted((left, right) => (left < right ? -1 : 1));
    this.#positions = new Map(ascending.map((key, position) => [key, position]));
    assert(this.#positions.size === keys.length, "the keys of the state tree are distinct");
    this.#tree = new MutableTree(sha256);
    for (const key of ascending) {
      const leaf = encode([key]);
      this.#leaves.push(leaf);
      this.#tree.append(leaf);
    }
  }

  /** Replaces the leaf of a key. */
  set(key: string, fields: readonly WireValue[]): void {
    const position = this.#positionOf(key);
    const leaf = encode([key, ...fields]);
    // Most leaves are what they were: an idle commit hashes two.
    if (isSameBytes(leaf, this.#leaves[position] ?? leaf.subarray(1))) return;
    this.#leaves[position] = leaf;
    this.#tree.set(position, leaf);
  }

  root(): Digest {
    return digestFromBytes(this.#tree.root());
  }

  prove(key: string): { readonly bytes: Uint8Array; readonly proof: LeafProof } {
    const leafIndex = this.#positionOf(key);
    const bytes = this.#leaves[leafIndex] ?? new Uint8Array(0);
    return { bytes, proof: { leafIndex, leafCount: this.#tree.size, path: this.#tree.path(leafIndex) } };
  }

  #positionOf(key: string): number {
    const position = this.#positions.get(key);
    assert(position !== undefined, "the state tree has a leaf for the key");
    return position;
  }
}
