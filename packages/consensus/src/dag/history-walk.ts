// Answers "does this vertex lie in the history of that one" for one vertex and many questions, walking down no further
// than the questions ask. Used by the committer for indirect decisions (S4 iv).

import type { Vertex } from "./vertex-pool.ts";
import { VertexSet } from "./vertex-set.ts";

export class HistoryWalk {
  readonly #start: Vertex;
  /** Of the history, everything at or above #completeFrom and perhaps more; the start included. */
  readonly #reached = new VertexSet();
  #completeFrom: number;

  constructor(start: Vertex) {
    this.#start = start;
    this.#completeFrom = start.round;
    this.#reached.add(start);
  }

  has(vertex: Vertex): boolean {
    for (; this.#completeFrom > vertex.round; this.#completeFrom -= 1) this.#expand(this.#completeFrom);
    return this.#reached.has(vertex);
  }

  #expand(round: number): void {
    const row = this.#start.row.pool.row(round);
    if (row !== undefined) this.#reached.addParentsOf(row, this.#reached.row(round));
  }
}
