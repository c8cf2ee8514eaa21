// An RFC 6962 tree whose leaves may change: the root after k changed leaves of n costs k·log n hashes and nothing if
// none changed. Used for the state tree, the accounts and the records of a model.

import { type Sha256, assert, emptyRoot, leafHash, mustExist, nodeHash } from "@selvedge/integrity";
import { PackedHashes } from "./packed/packed-hashes.ts";

export class MutableTree {
  readonly #sha256: Sha256;
  readonly #leaves = new PackedHashes();
  /** #leaves first, each further level the parents of the one below; the last has one node. */
  readonly #levels: PackedHashes[] = [this.#leaves];
  /** Leaves whose ancestors are out of date. */
  readonly #dirty = new Set<number>();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  get size(): number {
    return this.#leaves.length;
  }

  /** Of the first `count` leaves, in order. */
  leafHashes(count: number): readonly Uint8Array[] {
    return Array.from({ length: count }, (_, index) => mustExist(this.#leaves.at(index), "a leaf of the tree"));
  }

  /** Replaces a leaf or appends one. */
  set(index: number, leaf: Uint8Array): void {
    assert(index >= 0 && index <= this.size, "a leaf is replaced or appended");
    this.#leaves.set(index, leafHash(this.#sha256, leaf));
    this.#dirty.add(index);
  }

  append(leaf: Uint8Array): void {
    this.set(this.size, leaf);
  }

  root(): Uint8Array {
    if (this.size === 0) return emptyRoot(this.#sha256);
    this.#refresh();
    return mustExist(this.#levels.at(-1)?.at(0), "the last level is the root");
  }

  /** Audit path of a leaf, siblings from the leaf up. */
  path(index: number): readonly Uint8Array[] {
    assert(index >= 0 && index < this.size, "a proven leaf is in the tree");
    this.#refresh();
    const path: Uint8Array[] = [];
    let node = index;
    for (const level of this.#levels) {
      // A node without a sibling rises unchanged: that is where RFC 6962 splits an odd tree.
      const sibling = level.at(node % 2 === 0 ? node + 1 : node - 1);
      if (sibling !== undefined) path.push(sibling);
      node = Math.floor(node / 2);
    }
    return path;
  }

  #refresh(): void {
    if (this.#dirty.size === 0) return;
    let changed: Set<number> = new Set(this.#dirty);
    this.#dirty.clear();
    for (let height = 0; mustExist(this.#levels[height], "levels are contiguous").length > 1; height += 1) {
      changed = this.#refreshParents(height, changed);
    }
  }

  #refreshParents(height: number, changed: ReadonlySet<number>): Set<number> {
    const children = mustExist(this.#levels[height], "levels are contiguous");
    const parents = (this.#levels[height + 1] ??= new PackedHashes());
    const changedParents = new Set<number>();
    for (const child of changed) changedParents.add(Math.floor(child / 2));
    for (const parent of changedParents) {
      const left = mustExist(children.view(2 * parent), "a parent has a left child");
      const right = children.view(2 * parent + 1);
      parents.set(parent, right === undefined ? left : nodeHash(this.#sha256, left, right));
    }
    return changedParents;
  }
}
