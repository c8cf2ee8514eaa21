// Whether a leader is worth waiting for, and whether the wait is over (docs/protocol.md §4, C1). Reads the DAG and the
// schedule and keeps nothing, so a restarted validator waits for exactly whom it would have waited for.
//
// The memory of what a leader has earned is the DAG above gcRound: a leader whose last turn lies deeper counts as one
// that has led nothing yet.

import {
  type Committee,
  type ProtocolParams,
  StakeTally,
  type ValidatorIndex,
  validatorIndex,
} from "@selvedge/integrity";
import type { DagState } from "./dag/dag-state.ts";
import type { Vertex } from "./dag/vertex-pool.ts";

const P_WAVE = 3;

export interface LeaderView {
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly dag: DagState;
  readonly leaderOf: (round: number) => ValidatorIndex;
  readonly gcRound: number;
  /** L2: Q stake votes for one block of P(round), or Q stake blames it. */
  readonly isSlotSettled: (round: number) => boolean;
}

/** C1 for a block of `target`: (L1) and (L2), each dropped if the leader it waits for has not earned it. */
export function isLeaderSettled(target: number, view: LeaderView): boolean {
  return isLeaderIn(target, view) && areVotesIn(target, view);
}

/** L1 */
function isLeaderIn(target: number, view: LeaderView): boolean {
  const slot = target - 1;
  if (slot < 1) return true;
  const leader = view.leaderOf(slot);
  return view.dag.inSlot(slot, leader).length > 0 || !hasEarned(leader, target, view);
}

/** L2 */
function areVotesIn(target: number, view: LeaderView): boolean {
  const slot = target - 2;
  if (slot < 1) return true;
  return view.isSlotSettled(slot) || !hasEarned(view.leaderOf(slot), target, view);
}

/** The last P slot it led whose decision round we have passed was committed directly; or this is a probing turn. */
function hasEarned(leader: ValidatorIndex, target: number, view: LeaderView): boolean {
  const turn = Math.floor(target / view.committee.validators.length);
  if (turn % view.params.probeEvery === 0) return true;
  for (let slot = target - P_WAVE; slot >= 1 && slot > view.gcRound; slot -= 1) {
    if (view.leaderOf(slot) === leader) return isCommittedDirectly(slot, leader, view);
  }
  return true;
}

/** S4 (iii) read from the DAG alone: certificates of stake ≥ Q for one block of the slot. */
function isCommittedDirectly(slot: number, leader: ValidatorIndex, { dag, committee }: LeaderView): boolean {
  return dag.inSlot(slot, leader).some((block) => {
    const certifiers = new StakeTally(committee);
    for (const vertex of dag.atRound(slot + 2)) {
      if (isCertificate(vertex, block, committee)) certifiers.add(validatorIndex(vertex.author));
    }
    return certifiers.hasQuorum;
  });
}

function isCertificate(vertex: Vertex, block: Vertex, committee: Committee): boolean {
  const voters = new StakeTally(committee);
  for (const parent of vertex.parents) {
    if (parent.round === block.round + 1 && parent.parents.includes(block)) voters.add(validatorIndex(parent.author));
  }
  return voters.hasQuorum;
}
