// Goes along commits that others have decided (docs/protocol.md §11, "Catch-up"): from the consensus state after one commit
// and the blocks of the next one to the state after that, by the same seal as the engine's, without a decision of its own.
// Whoever catches up trusts the digests of commits; everything else that stands under a state root is worked out here.

import {
  type Digest,
  type Rejection,
  type Result,
  type SealedCommit,
  type VerifiedBlock,
  assert,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import { commitRuleOf, genesisIdsOf } from "../core.ts";
import { DagState } from "../dag/dag-state.ts";
import { createEngineMemo } from "../memo.ts";
import type { EngineSetup } from "../params.ts";
import type { CommitRule } from "./commit-rule.ts";
import { decodeConsensusState } from "./consensus-state.ts";

/** Where to go on from: the state after a commit and all output blocks of rounds above its gcRound, parents first. */
export interface FollowFrom {
  readonly consensusState: Uint8Array;
  readonly blocks: readonly VerifiedBlock[];
}

export interface FollowedCommit {
  readonly consensusState: Uint8Array;
  readonly consensusStateDigest: Digest;
  readonly gcRound: number;
}

export class CommitFollower {
  readonly #dag: DagState;
  readonly #rule: CommitRule;

  /** @param from null at the start of the epoch */
  constructor(setup: EngineSetup, from: FollowFrom | null) {
    const memo = createEngineMemo();
    const gcRound = from === null ? 0 : gcRoundOf(from.consensusState);
    this.#dag = new DagState({
      genesisIds: genesisIdsOf(setup, memo),
      lowestRound: gcRound === 0 ? 0 : gcRound + 1,
    });
    for (const block of from?.blocks ?? []) this.#insert(block);
    this.#rule = commitRuleOf(setup, { dag: this.#dag, memo, resume: from?.consensusState ?? null });
  }

  /** Of the last commit followed. */
  get commitIndex(): number {
    return this.#rule.commitIndex;
  }

  /** Whether the last commit followed is the epoch's last one. */
  get isClosed(): boolean {
    return this.#rule.isClosed;
  }

  /**
   * The state after `sealed`, whose blocks these are, in its order. Refused if another commit follows from the blocks: then
   * those who certified this one and we go by different rules. Nothing can be followed after a refusal.
   */
  follow(sealed: SealedCommit, blocks: readonly VerifiedBlock[]): Result<FollowedCommit, Rejection> {
    for (const block of blocks) this.#insert(block);
    const { slot, leader, index } = sealed.commit;
    const decided = this.#rule.follow(slot, leader.digest);
    if (decided?.sealed.digest !== sealed.digest)
      return err(rejection("COMMIT_DIFFERS", `another commit than ${sealed.digest} follows as number ${index}`));
    this.#dag.evictBelow(decided.gcRound + 1);
    const { consensusState, consensusStateDigest, gcRound } = decided;
    return ok({ consensusState, consensusStateDigest, gcRound });
  }

  #insert(block: VerifiedBlock): void {
    if (!this.#dag.has(block.ref.digest)) this.#dag.insertBlock(block);
  }
}

function gcRoundOf(consensusState: Uint8Array): number {
  const state = decodeConsensusState(consensusState);
  assert(state.ok, "the caller has checked the state's digest");
  return state.value.gcRound;
}
