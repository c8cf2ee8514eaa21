// Vertices and what follows from a block alone: its place in its round, its parents as places. An engine has a pool of
// its own, or shares one with other engines of the same chain in the same process (memo.ts): what a pool says of a vertex
// is the same for all of them, so nobody can tell the difference but by time and memory. Who holds what is dag-state.ts'.
//
// A pool keeps the rounds that any of its members may still take blocks of. Vertices of one round are numbered by *place*
// in the order the pool met them, so that sets of them are words of bits; nothing that is decided may depend on places.

import type { BlockRef, VerifiedBlock } from "@selvedge/integrity";
import { assert } from "@selvedge/integrity";
import { type Bits, NO_BITS, withAll, withBit } from "./bits.ts";
import { RoundRows } from "./round-rows.ts";

export interface Vertex {
  /** The digest in hex for an engine's block, any string in replay and tests. */
  readonly id: string;
  readonly round: number;
  readonly author: number;
  /** In the header's order, without those of rounds that the pool has let go. Empty once the vertex is let go itself. */
  readonly parents: readonly Vertex[];
  /** The parents of the round before, by place. */
  readonly strong: Bits;
  /** The other parents. */
  readonly weak: readonly Vertex[];
  /** Null for genesis, in replay and in drawn DAGs. */
  readonly block: VerifiedBlock | null;
  readonly place: number;
  readonly row: PoolRow;
  /** False while it is known from references alone: no member has taken it in. */
  readonly isMet: boolean;
}

/** All vertices of one round that the pool has met, members' or only referred to. */
export interface PoolRow {
  readonly round: number;
  readonly pool: VertexPool;
  /** By place. */
  readonly vertices: readonly Vertex[];
  /** By author; several only if the author equivocates. */
  readonly slots: readonly (readonly Vertex[] | undefined)[];
  /** Vertices that are known from references alone. */
  readonly unmetCount: number;
  /** All strong parents of its vertices: no set of them reaches more of the round before. */
  readonly strong: Bits;
  /** Vertices with a parent that is not of the round before, by place. */
  readonly weakly: Bits;
}

export interface NewVertex {
  readonly id: string;
  readonly round: number;
  readonly author: number;
  readonly parentIds: readonly string[];
  readonly block: VerifiedBlock | null;
}

/** What nobody but this file may change of a vertex: once to fill it in, and to let go of memory. */
interface OwnVertex extends Vertex {
  parents: readonly Vertex[];
  strong: Bits;
  weak: readonly Vertex[];
  block: VerifiedBlock | null;
  isMet: boolean;
  readonly row: OwnRow;
}

interface OwnRow extends PoolRow {
  readonly vertices: OwnVertex[];
  readonly slots: (OwnVertex[] | undefined)[];
  unmetCount: number;
  strong: Bits;
  weakly: Bits;
}

/** One engine's part in a pool. */
export interface PoolMember {
  /** It takes in no vertex below this round any more. */
  lowestRound: number;
}

const NO_VERTICES: readonly Vertex[] = [];

/** Rounds that a member which has gone may keep longer than it would have: looking costs a step for each member. */
const LOOK_EVERY_ROUNDS = 16;

export class VertexPool {
  readonly #byId = new Map<string, OwnVertex>();
  readonly #rows = new RoundRows<OwnRow>(0);
  /** Held weakly: an engine that crashed must not keep rounds for ever. When they go changes nothing but memory. */
  readonly #members = new Set<WeakRef<PoolMember>>();
  /** Rounds below it were let go and cannot be had again. */
  #lowestRound = 0;
  /** No member wanted less when the pool looked last; one that has gone since may be the reason why it stands so low. */
  #lowestWanted = Number.MAX_SAFE_INTEGER;
  /** At the latest when a member gets to this round, the pool looks whether those that stand low have gone. */
  #nextLookRound = 0;

  /** False if the pool has let go of rounds that the member may still take blocks of: then it needs another pool. */
  join(member: PoolMember): boolean {
    if (member.lowestRound < this.#lowestRound) return false;
    this.#members.add(new WeakRef(member));
    this.#lowestWanted = Math.min(this.#lowestWanted, member.lowestRound);
    return true;
  }

  get(id: string): Vertex | undefined {
    return this.#byId.get(id);
  }

  row(round: number): PoolRow | undefined {
    return this.#rows.at(round);
  }

  /** All parents are known here or are of no interest to anybody: the caller has seen to it (D1). */
  meet(vertex: NewVertex): Vertex {
    const own = this.#vertexOf(vertex);
    if (!own.isMet) {
      const parents: Vertex[] = [];
      for (const id of vertex.parentIds) {
        const parent = this.#byId.get(id);
        if (parent !== undefined) parents.push(parent);
      }
      fill(own, parents, vertex.block);
    }
    return own;
  }

  meetBlock(block: VerifiedBlock): Vertex {
    const { ref, header } = block;
    const own = this.#vertexOf({ id: ref.digest, round: ref.round, author: ref.author });
    if (!own.isMet) fill(own, this.#parentsOf(header.parents), block);
    return own;
  }

  /** A member takes in nothing below `round` any more: lets go of rounds that no member wants. */
  leave(member: PoolMember, round: number): void {
    const wasLowest = member.lowestRound <= this.#lowestWanted;
    member.lowestRound = Math.max(member.lowestRound, round);
    if (!wasLowest && round < this.#nextLookRound) return;
    this.#nextLookRound = round + LOOK_EVERY_ROUNDS;
    this.#letGo();
  }

  /** What a member's block refers to may come in later, if another member is further behind. */
  #parentsOf(refs: readonly BlockRef[]): readonly Vertex[] {
    const parents: Vertex[] = [];
    for (const ref of refs) {
      if (ref.round < this.#lowestRound) continue;
      parents.push(this.#byId.get(ref.digest) ?? this.#vertexOf({ ...ref, id: ref.digest }));
    }
    return parents;
  }

  #vertexOf({ id, round, author }: Pick<Vertex, "id" | "round" | "author">): OwnVertex {
    const known = this.#byId.get(id);
    if (known !== undefined) {
      assert(known.round === round && known.author === author, "whoever takes in a block knows what its digest names");
      return known;
    }
    const row = this.#rowAt(round);
    const vertex: OwnVertex = {
      id,
      round,
      author,
      parents: NO_VERTICES,
      strong: NO_BITS,
      weak: NO_VERTICES,
      block: null,
      place: row.vertices.length,
      row,
      isMet: false,
    };
    // Below, it stands for itself: nobody will ask for it.
    if (round < this.#lowestRound) return vertex;
    this.#byId.set(id, vertex);
    row.vertices.push(vertex);
    row.unmetCount += 1;
    const slot = row.slots[author];
    if (slot === undefined) row.slots[author] = [vertex];
    else slot.push(vertex);
    return vertex;
  }

  #rowAt(round: number): OwnRow {
    let row = this.#rows.at(round);
    if (row === undefined) {
      row = { round, pool: this, vertices: [], slots: [], unmetCount: 0, strong: NO_BITS, weakly: NO_BITS };
      if (round >= this.#lowestRound) this.#rows.set(round, row);
    }
    return row;
  }

  #letGo(): void {
    let lowest = Number.MAX_SAFE_INTEGER;
    for (const reference of this.#members) {
      const member = reference.deref();
      if (member === undefined) this.#members.delete(reference);
      else lowest = Math.min(lowest, member.lowestRound);
    }
    for (const row of this.#rows.takeBelow(lowest)) {
      for (const vertex of row.vertices) {
        this.#byId.delete(vertex.id);
        // Lest the whole past stay reachable.
        vertex.parents = NO_VERTICES;
        vertex.strong = NO_BITS;
        vertex.weak = NO_VERTICES;
        vertex.block = null;
      }
    }
    this.#lowestRound = Math.max(this.#lowestRound, lowest);
    this.#lowestWanted = lowest;
  }
}

function fill(vertex: OwnVertex, parents: readonly Vertex[], block: VerifiedBlock | null): void {
  const weak: Vertex[] = [];
  let strong = NO_BITS;
  for (const parent of parents) {
    assert(parent.round < vertex.round, "a parent is of an earlier round");
    if (parent.round === vertex.round - 1) strong = withBit(strong, parent.place);
    else weak.push(parent);
  }
  vertex.parents = parents;
  vertex.strong = strong;
  vertex.weak = weak.length === 0 ? NO_VERTICES : weak;
  vertex.block = block;
  vertex.isMet = true;
  vertex.row.unmetCount -= 1;
  vertex.row.strong = withAll(vertex.row.strong, strong);
  if (weak.length > 0) vertex.row.weakly = withBit(vertex.row.weakly, vertex.place);
}
