// D3: which block of a slot a block supports. A pure function of the block's history, so both readings may be memoised
// and neither ever looks at a view. Called by slot-tally.ts alone.

import { hasBit, intersects } from "./bits.ts";
import type { DagState } from "./dag-state.ts";
import type { Vertex } from "./vertex-pool.ts";
import { VertexSet } from "./vertex-set.ts";

/** The block of the slot that `vertex`, of the slot's voting round, supports. */
export type SupportReader = (vertex: Vertex) => Vertex | undefined;

export interface SlotPosition {
  readonly round: number;
  readonly author: number;
}

/** D3, P slots: the one parent in the slot (P3: there is at most one). */
export function directSupport(slot: SlotPosition): SupportReader {
  return (vertex) => parentIn(vertex, slot);
}

export function parentIn(vertex: Vertex, { round, author }: SlotPosition): Vertex | undefined {
  if (vertex.round === round + 1) {
    const candidates = vertex.row.pool.row(round)?.slots[author] ?? [];
    if (candidates.length === 0) return undefined;
    const [only] = candidates;
    if (candidates.length === 1 && only !== undefined) return hasBit(vertex.strong, only.place) ? only : undefined;
  }
  return vertex.parents.find((parent) => parent.round === round && parent.author === author);
}

/** One block of the slot, and what of the rounds above it has it in its history. */
interface Candidate {
  readonly vertex: Vertex;
  readonly above: VertexSet;
}

/**
 * D3, C slots: the only block of the slot in the vertex' history. What a history holds of the slot is the union of what
 * its parents' histories hold, so one pass upward from the slot's round answers for every later vertex.
 */
export function uniqueSupport(dag: DagState, slot: SlotPosition): SupportReader {
  const candidates: Candidate[] = [];
  /** Per round above the slot's: vertices already worked out. */
  const readCounts: number[] = [];
  const readUpTo = (round: number): void => {
    const inSlot = dag.inSlot(slot.round, slot.author);
    for (const vertex of inSlot.slice(candidates.length)) candidates.push({ vertex, above: new VertexSet() });
    for (let above = slot.round + 1; above <= round; above += 1) {
      const vertices = dag.atRound(above);
      const offset = above - slot.round;
      for (let next = readCounts[offset] ?? 0; next < vertices.length; next += 1) {
        const vertex = vertices[next];
        if (vertex !== undefined) markAbove(candidates, vertex);
      }
      readCounts[offset] = vertices.length;
    }
  };
  return (vertex) => {
    readUpTo(vertex.round);
    const seen = candidates.filter(({ above }) => above.has(vertex));
    // A history that holds two or more blocks of the slot supports none.
    return seen.length === 1 ? seen[0]?.vertex : undefined;
  };
}

function markAbove(candidates: readonly Candidate[], vertex: Vertex): void {
  for (const { vertex: candidate, above } of candidates) {
    const isChild = candidate.round === vertex.round - 1 && hasBit(vertex.strong, candidate.place);
    const isAbove = isChild || intersects(vertex.strong, above.row(vertex.round - 1));
    if (isAbove || vertex.weak.some((parent) => parent === candidate || above.has(parent))) above.add(vertex);
  }
}
