// Votes, blames and certificates of one slot, counted as blocks come in: each block is read once. Answers the direct
// half of S4; indirect decisions ask it for its certificates.

import { type Committee, StakeTally, mustExist, validatorIndex } from "@selvedge/integrity";
import { type Bits, NO_BITS, withBit } from "../dag/bits.ts";
import type { DagState } from "../dag/dag-state.ts";
import type { SupportReader } from "../dag/support.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import { hasQuorumOf } from "./row-stake.ts";

export interface SlotTallySetup {
  readonly committee: Committee;
  readonly dag: DagState;
  readonly votingRound: number;
  /** The round after the voting round. */
  readonly decisionRound: number;
  readonly supportOf: SupportReader;
}

export interface Certificate {
  readonly vertex: Vertex;
  readonly leader: Vertex;
}

export type DirectDecision = { readonly type: "skip" } | { readonly type: "commit"; readonly leader: Vertex };

/** What stands for one block of the slot. */
interface Support {
  readonly leader: Vertex;
  readonly voters: StakeTally;
  /** The voting blocks, by place. */
  votes: Bits;
  readonly certifiers: StakeTally;
}

export class SlotTally {
  readonly #setup: SlotTallySetup;
  /** Authors of blaming blocks. An author with a blame and a vote (twins) stands on both sides. */
  readonly #blames: StakeTally;
  /** One entry, unless the slot has twins. */
  readonly #supports: Support[] = [];
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
    for (const { leader, certifiers } of this.#supports) {
      if (certifiers.hasQuorum) return { type: "commit", leader }; // S4 (iii)
    }
    return undefined;
  }

  get isDecided(): boolean {
    this.#catchUp();
    return this.#blames.hasQuorum || this.#supports.some(({ certifiers }) => certifiers.hasQuorum);
  }

  /** True once the voting round alone has settled the slot: Q votes for one block of it, or Q blames. */
  get hasVoteOrBlameQuorum(): boolean {
    this.#catchUp();
    return this.#blames.hasQuorum || this.#supports.some(({ voters }) => voters.hasQuorum);
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
    const support = this.#supportFor(leader);
    support.votes = withBit(support.votes, vertex.place);
    support.voters.add(validatorIndex(vertex.author));
  }

  /**
   * A certificate has parents of stake ≥ Q that vote for one block (S1). Parents have distinct authors (P3), so there is
   * one such block at most: two would need 2Q > S.
   */
  #readCertificate(vertex: Vertex): void {
    const { committee } = this.#setup;
    for (const { leader, votes, voters, certifiers } of this.#supports) {
      if (!voters.hasQuorum || !hasQuorumOf(vertex, votes, committee)) continue;
      this.#certificates.push({ vertex, leader });
      certifiers.add(validatorIndex(vertex.author));
      return;
    }
  }

  #supportFor(leader: Vertex): Support {
    const known = this.#supports.find((support) => support.leader === leader);
    if (known !== undefined) return known;
    const { committee } = this.#setup;
    const support = {
      leader,
      votes: NO_BITS,
      voters: new StakeTally(committee),
      certifiers: new StakeTally(committee),
    };
    this.#supports.push(support);
    return support;
  }
}

function at(vertices: readonly Vertex[], position: number): Vertex {
  return mustExist(vertices[position], "the position is within the round");
}
