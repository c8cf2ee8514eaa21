// Accepted blocks with payload that are not output yet: while there are any, the network must not idle (docs/protocol.md
// §4). Whoever commits tells it what was output and what garbage collection passed by.

import { hasPayload } from "@selvedge/integrity";
import type { Vertex } from "./vertex-pool.ts";
import { VertexSet } from "./vertex-set.ts";

export class PayloadTracker {
  readonly #waiting = new VertexSet();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  onAccepted(vertex: Vertex): void {
    if (vertex.block === null || !hasPayload(vertex.block.body)) return;
    this.#waiting.add(vertex);
    this.#count += 1;
  }

  onOutput(vertices: readonly Vertex[]): void {
    for (const vertex of vertices) {
      if (this.#waiting.delete(vertex)) this.#count -= 1;
    }
  }

  onGarbageCollected(gcRound: number): void {
    this.#waiting.forgetUpTo(gcRound);
    this.#count = this.#waiting.count;
  }
}
