// A set of vertices of one pool, by round and place. What is decided never depends on places: whoever lists members puts
// them in an order of their own.

import {
  type Bits,
  NO_BITS,
  clearBit,
  countOf,
  hasBit,
  intersection,
  intersects,
  isSubset,
  nextPlace,
  placesIn,
  withAll,
  withBit,
} from "./bits.ts";
import type { PoolRow, Vertex } from "./vertex-pool.ts";

export class VertexSet {
  readonly #rows = new Map<number, Bits>();
  #lowestRound = Number.MAX_SAFE_INTEGER;

  /** No member was ever of a round below it. */
  get lowestRound(): number {
    return this.#lowestRound;
  }

  has(vertex: Vertex): boolean {
    const bits = this.#rows.get(vertex.round);
    return bits !== undefined && hasBit(bits, vertex.place);
  }

  add(vertex: Vertex): void {
    const bits = this.#rows.get(vertex.round) ?? NO_BITS;
    const grown = withBit(bits, vertex.place);
    if (grown !== bits) this.#set(vertex.round, grown);
  }

  /** True if it was a member. */
  delete(vertex: Vertex): boolean {
    const bits = this.#rows.get(vertex.round);
    if (bits === undefined || !hasBit(bits, vertex.place)) return false;
    clearBit(bits, vertex.place);
    return true;
  }

  get count(): number {
    let count = 0;
    for (const bits of this.#rows.values()) count += countOf(bits);
    return count;
  }

  row(round: number): Bits {
    return this.#rows.get(round) ?? NO_BITS;
  }

  addRow(round: number, added: Bits): void {
    const bits = this.#rows.get(round) ?? NO_BITS;
    const grown = withAll(bits, added);
    if (grown !== bits) this.#set(round, grown);
  }

  /** The parents of these vertices, which are of one round. */
  addParentsOf(row: PoolRow, members: Bits): void {
    const strong = withParents(this.row(row.round - 1), row, members);
    if (strong.length > 0) this.#set(row.round - 1, strong);
    if (!intersects(members, row.weakly)) return;
    for (const place of placesIn(intersection(members, row.weakly))) {
      for (const parent of row.vertices[place]?.weak ?? []) this.add(parent);
    }
  }

  forgetUpTo(round: number): void {
    for (const kept of this.#rows.keys()) if (kept <= round) this.#rows.delete(kept);
  }

  clear(): void {
    this.#rows.clear();
  }

  #set(round: number, bits: Bits): void {
    this.#rows.set(round, bits);
    if (round < this.#lowestRound) this.#lowestRound = round;
  }
}

/** Adds the strong parents of these vertices. The usual case: a few of them reach all that the whole round reaches. */
function withParents(known: Bits, row: PoolRow, members: Bits): Bits {
  let strong = known;
  for (let place = nextPlace(members, 0); place >= 0; place = nextPlace(members, place + 1)) {
    if (isSubset(row.strong, strong)) break;
    const vertex = row.vertices[place];
    if (vertex !== undefined) strong = withAll(strong, vertex.strong);
  }
  return strong;
}
