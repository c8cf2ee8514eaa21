// Stake of vertices of one round, named by place. Each is counted: the caller has vertices of distinct authors (P3).

import { type Committee, stakeOf, validatorIndex } from "@selvedge/integrity";
import { type Bits, countCommon, intersection, placesIn } from "../dag/bits.ts";
import type { PoolRow, Vertex } from "../dag/vertex-pool.ts";

/** Whether the vertex' parents among these vertices of the round before it have stake ≥ Q. */
export function hasQuorumOf(vertex: Vertex, members: Bits, committee: Committee): boolean {
  const { equalStake, quorumStake } = committee;
  if (equalStake !== null) return countCommon(vertex.strong, members) * equalStake >= quorumStake;
  const before = vertex.row.pool.row(vertex.round - 1);
  return before !== undefined && stakeIn(before, intersection(vertex.strong, members), committee) >= quorumStake;
}

function stakeIn(row: PoolRow, members: Bits, committee: Committee): number {
  let stake = 0;
  for (const place of placesIn(members)) {
    const vertex = row.vertices[place];
    if (vertex !== undefined) stake += stakeOf(committee, validatorIndex(vertex.author));
  }
  return stake;
}
