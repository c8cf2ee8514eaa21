// Votes, blames and certificates of one slot, counted as blocks come in: each block is read once. Answers the direct
// half of S4; indirect decisions ask it for its certificates.

import { type Committee, StakeTally, mustExist, stakeOf, validatorIndex } from "@selvedge/integrity";
import type { DagState, Vertex } from "../dag/dag-state.ts";
import type { SupportReader } from "../dag/support.ts";

export interface SlotTallySetup {
  readonly committee: Committee;
  readonly dag: DagState;
  readonly votingRound: number;
  readonly decisionRound: number;
  readonly supportOf: SupportReader;
}

export interface Certificate {
  readonly vertex: Vertex;
  readonly leader: Vertex;
}

export type DirectDecision = { readonly type: "skip" } | { readonly type: "commit"; readonly leader: Vertex };

export class SlotTally {
  readonly #setup: SlotTallySetup;
  /** Authors of blaming blocks. An author with a blame and a vote (twins) stands on both sides. */
  readonly #blames: StakeTally;
  readonly #votes = new Map<Vertex, StakeTally>();
  readonly #certifiers = new Map<Vertex, StakeTally>();
  readonly #supported = new Map<Vertex, Vertex>();
  readonly #certificates: Certificate[] = [];
  #votingRead = 0;
  #decisionRead = 0;

  constructor(setup: SlotTallySetup) {
    this.#setup = setup;
    this.#blames = new StakeTally(setup.committee);
  }

  /** Every certificate in the DAG so far. */
  get certificates(): readonly Certificate[] {
    this.#catchUp();
    return this.#certificates;
  }

  directDecision(): DirectDecision | undefined {
    this.#catchUp();
    if (this.#blames.hasQuorum) return { type: "skip" }; // S4 (ii): per slot, not per twin
    for (const [leader, certifiers] of this.#certifiers) {
      if (certifiers.hasQuorum) return { type: "commit", leader }; // S4 (iii)
    }
    return undefined;
  }

  /** True once the voting round alone has settled the slot: Q votes for one block of it, or Q blames. */
  get hasVoteOrBlameQuorum(): boolean {
    this.#catchUp();
    if (this.#blames.hasQuorum) return true;
    for (const votes of this.#votes.values()) if (votes.hasQuorum) return true;
    return false;
  }

  #catchUp(): void {
    const { dag, votingRound, decisionRound } = this.#setup;
    const voters = dag.atRound(votingRound);
    for (; this.#votingRead < voters.length; this.#votingRead += 1) this.#readVote(at(voters, this.#votingRead));
    const deciders = dag.atRound(decisionRound);
    for (; this.#decisionRead < deciders.length; this.#decisionRead += 1) {
      this.#readCertificate(at(deciders, this.#decisionRead));
    }
  }

  #readVote(vertex: Vertex): void {
    const leader = this.#setup.supportOf(vertex);
    if (leader === undefined) {
      this.#blames.add(validatorIndex(vertex.author));
      return;
    }
    this.#supported.set(vertex, leader);
    this.#tallyFor(this.#votes, leader).add(validatorIndex(vertex.author));
  }

  #readCertificate(vertex: Vertex): void {
    const leader = certifiedLeader(vertex, (parent) => this.#supported.get(parent), this.#setup.committee);
    if (leader === undefined) return;
    this.#certificates.push({ vertex, leader });
    this.#tallyFor(this.#certifiers, leader).add(validatorIndex(vertex.author));
  }

  #tallyFor(tallies: Map<Vertex, StakeTally>, leader: Vertex): StakeTally {
    const known = tallies.get(leader);
    if (known !== undefined) return known;
    const tally = new StakeTally(this.#setup.committee);
    tallies.set(leader, tally);
    return tally;
  }
}

/**
 * The block for which the vertex' parents hold votes of stake ≥ Q (S1). Parents have distinct authors (P3), so there is
 * one at most: two would need 2Q > S.
 */
function certifiedLeader(
  vertex: Vertex,
  votedFor: (parent: Vertex) => Vertex | undefined,
  committee: Committee,
): Vertex | undefined {
  const stakes = new Map<Vertex, number>();
  for (const parent of vertex.parents) {
    const leader = votedFor(parent);
    if (leader === undefined) continue;
    const stake = (stakes.get(leader) ?? 0) + stakeOf(committee, validatorIndex(parent.author));
    if (stake >= committee.quorumStake) return leader;
    stakes.set(leader, stake);
  }
  return undefined;
}

/** The votes that make the vertex a certificate; none if it is not one. */
export function certifiedVotes(
  vertex: Vertex,
  votedFor: (parent: Vertex) => Vertex | undefined,
  committee: Committee,
): readonly Vertex[] {
  const leader = certifiedLeader(vertex, votedFor, committee);
  return leader === undefined ? [] : vertex.parents.filter((parent) => votedFor(parent) === leader);
}

function at(vertices: readonly Vertex[], position: number): Vertex {
  return mustExist(vertices[position], "the position is within the round");
}
