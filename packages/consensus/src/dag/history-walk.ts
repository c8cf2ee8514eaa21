// Answers "does this vertex lie in the history of that one" for one vertex and many questions, walking down no further
// than the questions ask. Used by the committer for indirect decisions (S4 iv).

import type { Vertex } from "./dag-state.ts";

export class HistoryWalk {
  /** Reached from the start, expanded or not. */
  readonly #reached = new Set<Vertex>();
  /** Reached and not expanded yet, by round. */
  readonly #frontier = new Map<number, Vertex[]>();
  /** Everything of the history at or above this round is in #reached. */
  #completeFrom: number;

  constructor(start: Vertex) {
    this.#completeFrom = start.round;
    this.#reach(start);
  }

  has(vertex: Vertex): boolean {
    while (this.#completeFrom > vertex.round) this.#expand(this.#completeFrom);
    return this.#reached.has(vertex);
  }

  #expand(round: number): void {
    for (const vertex of this.#frontier.get(round) ?? []) {
      for (const parent of vertex.parents) this.#reach(parent);
    }
    this.#frontier.delete(round);
    this.#completeFrom = round - 1;
  }

  #reach(vertex: Vertex): void {
    if (this.#reached.has(vertex)) return;
    this.#reached.add(vertex);
    const peers = this.#frontier.get(vertex.round);
    if (peers === undefined) this.#frontier.set(vertex.round, [vertex]);
    else peers.push(vertex);
  }
}
