// The accepted blocks in memory as a graph: who stands in which slot, and who refers to whom. Used by the engine, by
// replay and by tests alike, so ids are plain strings. Admission (D1), storage and every decision are others' work; what a
// vertex is by itself stands in vertex-pool.ts.

import { type BlockRef, type VerifiedBlock, assert } from "@selvedge/integrity";
import { type Bits, NO_BITS, hasBit, isSubset, withBit } from "./bits.ts";
import { RoundRows } from "./round-rows.ts";
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
const NO_REFS: readonly BlockRef[] = [];

export class DagState {
  readonly #pool: VertexPool;
  /** Its lowestRound: no vertex below it is kept, nor taken in again. */
  readonly #member: PoolMember;
  readonly #rows: RoundRows<Row>;
  #size = 0;
  #highestRound = 0;

  constructor({ genesisIds, pool, lowestRound = 0 }: DagStateSetup) {
    this.#member = { lowestRound };
    this.#pool = poolFor(this.#member, pool);
    this.#rows = new RoundRows(lowestRound);
    for (const [author, id] of genesisIds.entries()) {
      this.insert({ id, round: 0, author, parentIds: [], block: null });
    }
  }

  /** All parents are in memory or were evicted: the caller has seen to it (D1). */
  insert(vertex: NewVertex): Vertex {
    return this.#insert(this.#pool.meet(vertex));
  }

  /** @param known `known(block.ref.digest)`, if the caller has it: saves finding it again */
  insertBlock(block: VerifiedBlock, known?: Vertex): Vertex {
    return this.#insert(known?.isMet === true ? known : this.#pool.meetBlock(block));
  }

  /** The block as our pool knows it, whether it is in or not. Undefined says nothing. */
  known(digest: string): Vertex | undefined {
    return this.#pool.get(digest);
  }

  isIn({ round, place }: Vertex): boolean {
    const row = this.#rows.at(round);
    return row !== undefined && hasBit(row.held, place);
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
    return vertex !== undefined && this.isIn(vertex) ? vertex : undefined;
  }

  /** The vertices of the round, by place. */
  heldAt(round: number): Bits {
    return this.#rows.at(round)?.held ?? NO_BITS;
  }

  /** Whether all parents of a vertex that `isWhole` are in. Round 0 is in, even after it was evicted. */
  hasParentsOf({ round, strong, weak }: Vertex): boolean {
    if (round > 1 && !isSubset(strong, this.heldAt(round - 1))) return false;
    for (const parent of weak) if (parent.round > 0 && !this.isIn(parent)) return false;
    return true;
  }

  /** Of a vertex that `isWhole`: its block's parents that are not in. */
  parentsMissingOf({ parents, block }: Vertex): readonly BlockRef[] {
    const refs = block?.header.parents ?? NO_REFS;
    return refs.filter((ref, position) => {
      const parent = parents[position];
      return ref.round > 0 && parent !== undefined && !this.isIn(parent);
    });
  }

  /** In order of insertion. Reading a round does not create it (§9). */
  atRound(round: number): readonly Vertex[] {
    return this.#rows.at(round)?.vertices ?? NO_VERTICES;
  }

  /** In order of insertion. More than one only if the author equivocates. */
  inSlot(round: number, author: number): readonly Vertex[] {
    const row = this.#rows.at(round);
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
    for (const { vertices } of this.#rows.takeBelow(round)) this.#size -= vertices.length;
    this.#pool.leave(this.#member, round);
  }

  #insert(vertex: Vertex): Vertex {
    assert(!this.isIn(vertex), "a block enters the DAG once");
    const { round, place } = vertex;
    if (round < this.lowestRound) return vertex;
    const row = this.#rows.at(round);
    if (row === undefined) this.#rows.set(round, { vertices: [vertex], held: withBit(NO_BITS, place) });
    else {
      row.vertices.push(vertex);
      row.held = withBit(row.held, place);
    }
    this.#size += 1;
    this.#highestRound = Math.max(this.#highestRound, round);
    return vertex;
  }
}

/**
 * Whether some member of the pool took the block in, so that its parents are truly what it says they are (D1), and the
 * pool still knows every one of them.
 */
export function isWhole({ isMet, parents, block }: Vertex): boolean {
  return isMet && block !== null && parents.length === block.header.parents.length;
}

/** A pool that has let go of rounds which the member may still take in is of no use to it. */
function poolFor(member: PoolMember, shared: VertexPool | undefined): VertexPool {
  if (shared?.join(member) === true) return shared;
  const own = new VertexPool();
  own.join(member);
  return own;
}
