// A set of vertices of one pool, by round and place. What is decided never depends on places: whoever lists members puts
// them in an order of their own.

import { type Bits, NO_BITS, clearBit, countOf, hasBit, isFull, placesIn, withAll, withBit } from "./bits.ts";
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
    const below = row.pool.row(row.round - 1)?.vertices.length ?? 0;
    let strong = this.row(row.round - 1);
    for (const place of placesIn(members)) {
      const vertex = row.vertices[place];
      if (vertex === undefined) continue;
      strong = withAll(strong, vertex.strong);
      for (const parent of vertex.weak) this.add(parent);
      // The usual case: a few vertices reach all that there is.
      if (!row.hasWeak && isFull(strong, below)) break;
    }
    if (strong.length > 0) this.#set(row.round - 1, strong);
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
