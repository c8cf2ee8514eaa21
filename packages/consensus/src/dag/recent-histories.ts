// Which vertices of the few rounds below a vertex lie in its history: a fact of the vertex, worked out once. Asked by
// peer-knowledge.ts for what others' blocks show.

import type { Bits } from "./bits.ts";
import { placesIn } from "./bits.ts";
import type { PoolRow, Vertex } from "./vertex-pool.ts";
import { VertexSet } from "./vertex-set.ts";

export class RecentHistories {
  readonly #depth: number;
  readonly #known = new WeakMap<Vertex, VertexSet>();

  /** @param depth rounds below a vertex that may be asked for */
  constructor(depth: number) {
    this.#depth = depth;
  }

  /** The vertex and its history down to `depth` rounds below it. */
  of(vertex: Vertex): VertexSet {
    const known = this.#known.get(vertex);
    if (known !== undefined) return known;
    const history = new VertexSet();
    history.add(vertex);
    let isWhole = true;
    for (let { round } = vertex; round > vertex.round - this.#depth; round -= 1) {
      const row = vertex.row.pool.row(round);
      if (row === undefined) break;
      isWhole &&= isAllMet(row, history.row(round));
      history.addParentsOf(row, history.row(round));
    }
    // What is known from references alone may yet come in, and show more.
    if (isWhole) this.#known.set(vertex, history);
    return history;
  }
}

function isAllMet(row: PoolRow, members: Bits): boolean {
  return row.unmetCount === 0 || placesIn(members).every((place) => row.vertices[place]?.isMet === true);
}
