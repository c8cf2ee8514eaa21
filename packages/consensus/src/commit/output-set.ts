// Which vertices above gcRound were output, and in which commit (S6). Since a commit outputs the whole history of its
// leader above gcRound, the set is named by its *heads*: the committed leaders that no later one's history holds. That
// is what the consensus state carries instead of every reference (docs/protocol.md, S7).

import type { Vertex } from "../dag/dag-state.ts";

export interface OutputOptions {
  readonly index: number;
  /** Only vertices above this round are output. */
  readonly aboveRound: number;
}

export class OutputSet {
  /** Commit index of each output vertex, by round, so that garbage collection drops whole rounds. */
  readonly #byRound = new Map<number, Map<Vertex, number>>();
  /** In order of commit. */
  #heads: readonly Vertex[] = [];

  has(vertex: Vertex): boolean {
    return this.commitIndexOf(vertex) !== undefined;
  }

  commitIndexOf(vertex: Vertex): number | undefined {
    return this.#byRound.get(vertex.round)?.get(vertex);
  }

  get heads(): readonly Vertex[] {
    return this.#heads;
  }

  /** Outputs what is new in the history of `leader`; the answer is in no particular order. */
  add(leader: Vertex, { index, aboveRound }: OutputOptions): readonly Vertex[] {
    const added: Vertex[] = [leader];
    const met = new Set<Vertex>();
    this.#mark(leader, index);
    for (let next = 0; next < added.length; next += 1) {
      for (const parent of added[next]?.parents ?? []) {
        if (parent.round <= aboveRound) continue;
        if (this.has(parent)) {
          met.add(parent);
          continue;
        }
        this.#mark(parent, index);
        added.push(parent);
      }
    }
    // A head in the leader's history is met at the border: it lies in no other output vertex' history.
    this.#heads = [...this.#heads.filter((head) => !met.has(head)), leader];
    return added;
  }

  forgetUpTo(round: number): void {
    for (const kept of this.#byRound.keys()) if (kept <= round) this.#byRound.delete(kept);
    this.#heads = this.#heads.filter((head) => head.round > round);
  }

  #mark(vertex: Vertex, index: number): void {
    const round = this.#byRound.get(vertex.round);
    if (round === undefined) this.#byRound.set(vertex.round, new Map([[vertex, index]]));
    else round.set(vertex, index);
  }
}
