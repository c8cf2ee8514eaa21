// The accepted blocks in memory as a graph: who stands in which slot, and who refers to whom. Used by the engine, by
// replay and by tests alike, so ids are plain strings. Admission (D1), storage and every decision are others' work.

import { type BlockRef, type VerifiedBlock, assert } from "@selvedge/integrity";

export interface Vertex {
  /** The digest in hex for an engine's block, any string in replay and tests. */
  readonly id: string;
  readonly round: number;
  readonly author: number;
  /** In the header's order; only those in memory when the vertex came in. Empty once the vertex is evicted. */
  readonly parents: readonly Vertex[];
  /** Null for genesis, in replay and in drawn DAGs. */
  readonly block: VerifiedBlock | null;
}

export interface NewVertex {
  readonly id: string;
  readonly round: number;
  readonly author: number;
  readonly parentIds: readonly string[];
  readonly block: VerifiedBlock | null;
}

/** What nobody but this file may change of a vertex, and only to let go of memory. */
interface OwnVertex extends Vertex {
  parents: readonly Vertex[];
  block: VerifiedBlock | null;
}

const NO_VERTICES: readonly Vertex[] = [];

export class DagState {
  readonly #byId = new Map<string, OwnVertex>();
  /** Each list in order of insertion and never empty; grows at its end only, so readers may keep a position. */
  readonly #byRound = new Map<number, OwnVertex[]>();
  readonly #newest = new Map<number, Vertex>();
  #highestRound = 0;
  /** No vertex below it is kept, nor taken in again. */
  #lowestRound = 0;

  constructor(setup: { readonly genesisIds: readonly string[] }) {
    for (const [author, id] of setup.genesisIds.entries()) {
      this.insert({ id, round: 0, author, parentIds: [], block: null });
    }
  }

  /** All parents are in memory or were evicted: the caller has seen to it (D1). */
  insert({ id, round, author, parentIds, block }: NewVertex): Vertex {
    assert(!this.#byId.has(id), "a block enters the DAG once");
    const parents: Vertex[] = [];
    for (const parentId of parentIds) {
      const parent = this.#byId.get(parentId);
      if (parent === undefined) continue;
      assert(parent.round < round, "a parent is of an earlier round");
      parents.push(parent);
    }
    const vertex: OwnVertex = { id, round, author, parents, block };
    if (round < this.#lowestRound) return vertex;
    this.#byId.set(id, vertex);
    this.#append(vertex);
    return vertex;
  }

  insertBlock(block: VerifiedBlock): Vertex {
    const { ref, header } = block;
    const parentIds = header.parents.map((parent) => parent.digest);
    return this.insert({ id: ref.digest, round: ref.round, author: ref.author, parentIds, block });
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Whether this very block is in: digest, round and author. */
  holds(ref: BlockRef): boolean {
    const vertex = this.#byId.get(ref.digest);
    return vertex !== undefined && vertex.round === ref.round && vertex.author === ref.author;
  }

  get(id: string): Vertex | undefined {
    return this.#byId.get(id);
  }

  /** In order of insertion. Reading a round does not create it (§9). */
  atRound(round: number): readonly Vertex[] {
    return this.#byRound.get(round) ?? NO_VERTICES;
  }

  /** More than one only if the author equivocates. */
  inSlot(round: number, author: number): readonly Vertex[] {
    return this.atRound(round).filter((vertex) => vertex.author === author);
  }

  /** The author's first vertex of its highest round in memory. */
  newestOf(author: number): Vertex | undefined {
    return this.#newest.get(author);
  }

  get highestRound(): number {
    return this.#highestRound;
  }

  get lowestRound(): number {
    return this.#lowestRound;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Forgets all rounds below `round`. What is evicted holds on to nothing, lest the whole past stay reachable. */
  evictBelow(round: number): void {
    for (let evicted = this.#lowestRound; evicted < round; evicted += 1) {
      for (const vertex of this.#byRound.get(evicted) ?? []) {
        this.#byId.delete(vertex.id);
        if (this.#newest.get(vertex.author) === vertex) this.#newest.delete(vertex.author);
        vertex.parents = NO_VERTICES;
        vertex.block = null;
      }
      this.#byRound.delete(evicted);
    }
    this.#lowestRound = Math.max(this.#lowestRound, round);
  }

  #append(vertex: OwnVertex): void {
    const peers = this.#byRound.get(vertex.round);
    if (peers === undefined) this.#byRound.set(vertex.round, [vertex]);
    else peers.push(vertex);
    const newest = this.#newest.get(vertex.author);
    if (newest === undefined || newest.round < vertex.round) this.#newest.set(vertex.author, vertex);
    this.#highestRound = Math.max(this.#highestRound, vertex.round);
  }
}
