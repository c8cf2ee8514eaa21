// D3: which block of a slot a block supports. A pure function of the block's history, so both readings may be memoised
// and neither ever looks at a view. Called by slot-tally.ts alone.

import type { DagState, Vertex } from "./dag-state.ts";

/** The block of the slot that `vertex`, of the slot's voting round, supports. */
export type SupportReader = (vertex: Vertex) => Vertex | undefined;

export interface SlotPosition {
  readonly round: number;
  readonly author: number;
}

/** D3, P slots: the one parent in the slot (P3: there is at most one). */
export function directSupport({ round, author }: SlotPosition): SupportReader {
  return (vertex) => vertex.parents.find((parent) => parent.round === round && parent.author === author);
}

/** Marks a history that holds two or more blocks of the slot: it can never support again. */
const SEVERAL = "several";

type Seen = Vertex | typeof SEVERAL;

/**
 * D3, C slots: the only block of the slot in the vertex' history. What a history holds of the slot is the union of what
 * its parents' histories hold, so one pass upward from the slot's round answers for every later vertex.
 */
export function uniqueSupport(dag: DagState, slot: SlotPosition): SupportReader {
  const seen = new Map<Vertex, Seen>();
  /** Per round above the slot's: vertices already worked out. */
  const readCounts: number[] = [];
  const readUpTo = (round: number): void => {
    for (let above = slot.round + 1; above <= round; above += 1) {
      const vertices = dag.atRound(above);
      const offset = above - slot.round;
      for (let next = readCounts[offset] ?? 0; next < vertices.length; next += 1) {
        const vertex = vertices[next];
        const found = vertex === undefined ? undefined : seenByParents(vertex, slot, seen);
        if (vertex !== undefined && found !== undefined) seen.set(vertex, found);
      }
      readCounts[offset] = vertices.length;
    }
  };
  return (vertex) => {
    readUpTo(vertex.round);
    const found = seen.get(vertex);
    return found === SEVERAL ? undefined : found;
  };
}

function seenByParents(vertex: Vertex, slot: SlotPosition, seen: ReadonlyMap<Vertex, Seen>): Seen | undefined {
  let union: Seen | undefined;
  for (const parent of vertex.parents) {
    const isInSlot = parent.round === slot.round && parent.author === slot.author;
    const found = isInSlot ? parent : seen.get(parent);
    if (found === undefined || found === union) continue;
    if (union !== undefined || found === SEVERAL) return SEVERAL;
    union = found;
  }
  return union;
}
