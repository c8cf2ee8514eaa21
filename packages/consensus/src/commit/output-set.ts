// Which vertices above gcRound were output, and which of them since the current schedule began (S6, S7). Since a commit
// outputs the whole history of its leader above gcRound, the set is named by its *heads*: the committed leaders that no
// later one's history holds. That is what the consensus state carries instead of every reference (docs/protocol.md, S7).

import { type Bits, difference, hasBit, isEmpty } from "../dag/bits.ts";
import type { PoolRow, Vertex } from "../dag/vertex-pool.ts";
import { VertexSet } from "../dag/vertex-set.ts";

/** Vertices of one round, by place. */
export interface OutputRow {
  readonly row: PoolRow;
  readonly members: Bits;
}

/** In no order that means anything. */
export function verticesIn(rows: readonly OutputRow[]): readonly Vertex[] {
  return rows.flatMap(({ row, members }) => row.vertices.filter(({ place }) => hasBit(members, place)));
}

export class OutputSet {
  readonly #output = new VertexSet();
  /** Those of the current schedule's commits. */
  readonly #fresh = new VertexSet();
  /** In order of commit. */
  #heads: readonly Vertex[] = [];

  has(vertex: Vertex): boolean {
    return this.#output.has(vertex);
  }

  isFresh(vertex: Vertex): boolean {
    return this.#fresh.has(vertex);
  }

  get heads(): readonly Vertex[] {
    return this.#heads;
  }

  /** Outputs what is new in the history of `leader` above that round; answers with it by falling round. */
  add(leader: Vertex, aboveRound: number): readonly OutputRow[] {
    const met = new VertexSet();
    met.add(leader);
    const added: OutputRow[] = [];
    for (let { round } = leader; round > aboveRound; round -= 1) {
      const row = leader.row.pool.row(round);
      const members = difference(met.row(round), this.#output.row(round));
      if (row === undefined || isEmpty(members)) continue;
      this.#output.addRow(round, members);
      this.#fresh.addRow(round, members);
      met.addParentsOf(row, members);
      added.push({ row, members });
    }
    // A head in the leader's history is met at the border: it lies in no other output vertex' history.
    this.#heads = [...this.#heads.filter((head) => !met.has(head)), leader];
    return added;
  }

  /** Another schedule rules from here on: nothing is output under it yet. */
  startSchedule(): void {
    this.#fresh.clear();
  }

  forgetUpTo(round: number): void {
    this.#output.forgetUpTo(round);
    this.#fresh.forgetUpTo(round);
    this.#heads = this.#heads.filter((head) => head.round > round);
  }
}
