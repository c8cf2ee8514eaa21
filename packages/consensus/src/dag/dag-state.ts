// The accepted blocks in memory as a graph: who stands in which slot, and who refers to whom. Used by the engine, by
// replay and by tests alike, so ids are plain strings. Admission (D1), storage and every decision are others' work; what a
// vertex is by itself stands in vertex-pool.ts.

import { type BlockRef, type VerifiedBlock, assert } from "@selvedge/integrity";
import { type Bits, NO_BITS, hasBit, isSubset, withBit } from "./bits.ts";
import { type NewVertex, type PoolMember, type Vertex, VertexPool } from "./vertex-pool.ts";

export interface DagStateSetup {
  readonly genesisIds: readonly string[];
  /** Of other engines of this chain in this process; by default a pool of its own. */
  readonly pool?: VertexPool;
  /** No vertex below it is taken in. Default 0. */
  readonly lowestRound?: number;
}

interface Row {
  /** In order of insertion and never empty; grows at its end only, so readers may keep a position. */
  readonly vertices: Vertex[];
  /** The same by place. */
  held: Bits;
}

const NO_VERTICES: readonly Vertex[] = [];

export class DagState {
  readonly #pool: VertexPool;
  /** Its lowestRound: no vertex below it is kept, nor taken in again. */
  readonly #member: PoolMember;
  readonly #rows = new Map<number, Row>();
  #size = 0;
  #highestRound = 0;

  constructor({ genesisIds, pool, lowestRound = 0 }: DagStateSetup) {
    this.#member = { lowestRound };
    this.#pool = poolFor(this.#member, pool);
    for (const [author, id] of genesisIds.entries()) {
      this.insert({ id, round: 0, author, parentIds: [], block: null });
    }
  }

  /** All parents are in memory or were evicted: the caller has seen to it (D1). */
  insert(vertex: NewVertex): Vertex {
    return this.#insert(this.#pool.meet(vertex));
  }

  insertBlock(block: VerifiedBlock): Vertex {
    return this.#insert(this.#pool.meetBlock(block));
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** Whether this very block is in: digest, round and author. */
  holds(ref: BlockRef): boolean {
    const vertex = this.get(ref.digest);
    return vertex !== undefined && vertex.round === ref.round && vertex.author === ref.author;
  }

  get(id: string): Vertex | undefined {
    const vertex = this.#pool.get(id);
    return vertex !== undefined && this.#isHeld(vertex) ? vertex : undefined;
  }

  /** The vertices of the round, by place. */
  heldAt(round: number): Bits {
    return this.#rows.get(round)?.held ?? NO_BITS;
  }

  /**
   * The block as a vertex whose parents are all in, if that can be seen at a glance: some member of our pool took the
   * block in before us. Undefined says nothing.
   */
  readyVertex(digest: string): Vertex | undefined {
    const vertex = this.#pool.get(digest);
    if (vertex === undefined || !vertex.isMet) return undefined;
    const { round, strong, weak, parents, block } = vertex;
    // The pool may have let go of a parent that we have yet to ask our store for.
    if (parents.length !== block?.header.parents.length) return undefined;
    // Round 0 is in, even after it was evicted.
    if (round > 1 && !isSubset(strong, this.heldAt(round - 1))) return undefined;
    for (const parent of weak) if (parent.round > 0 && !this.#isHeld(parent)) return undefined;
    return vertex;
  }

  /** In order of insertion. Reading a round does not create it (§9). */
  atRound(round: number): readonly Vertex[] {
    return this.#rows.get(round)?.vertices ?? NO_VERTICES;
  }

  /** In order of insertion. More than one only if the author equivocates. */
  inSlot(round: number, author: number): readonly Vertex[] {
    const row = this.#rows.get(round);
    const slot = this.#pool.row(round)?.slots[author];
    if (row === undefined || slot === undefined) return NO_VERTICES;
    if (slot.length > 1) return row.vertices.filter((vertex) => vertex.author === author);
    const [only] = slot;
    return only !== undefined && hasBit(row.held, only.place) ? slot : NO_VERTICES;
  }

  /** The author's first vertex of its highest round in memory. */
  newestOf(author: number): Vertex | undefined {
    for (let round = this.#highestRound; round >= this.lowestRound; round -= 1) {
      const newest = this.inSlot(round, author)[0];
      if (newest !== undefined) return newest;
    }
    return undefined;
  }

  get highestRound(): number {
    return this.#highestRound;
  }

  get lowestRound(): number {
    return this.#member.lowestRound;
  }

  get size(): number {
    return this.#size;
  }

  /** Forgets all rounds below `round`. */
  evictBelow(round: number): void {
    for (const [kept, { vertices }] of this.#rows) {
      if (kept >= round) continue;
      this.#size -= vertices.length;
      this.#rows.delete(kept);
    }
    this.#pool.leave(this.#member, round);
  }

  #insert(vertex: Vertex): Vertex {
    assert(!this.#isHeld(vertex), "a block enters the DAG once");
    const { round, place } = vertex;
    if (round < this.lowestRound) return vertex;
    const row = this.#rows.get(round);
    if (row === undefined) this.#rows.set(round, { vertices: [vertex], held: withBit(NO_BITS, place) });
    else {
      row.vertices.push(vertex);
      row.held = withBit(row.held, place);
    }
    this.#size += 1;
    this.#highestRound = Math.max(this.#highestRound, round);
    return vertex;
  }

  #isHeld({ round, place }: Vertex): boolean {
    return hasBit(this.heldAt(round), place);
  }
}

/** A pool that has let go of rounds which the member may still take in is of no use to it. */
function poolFor(member: PoolMember, shared: VertexPool | undefined): VertexPool {
  if (shared?.join(member) === true) return shared;
  const own = new VertexPool();
  own.join(member);
  return own;
}
