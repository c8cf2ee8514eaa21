// A commit rule over real blocks, for tests: small committees, short schedules, the foreseeable coin.

import { DEFAULT_PROTOCOL_PARAMS, type ProtocolParams, type VerifiedBlock } from "@selvedge/integrity";
import type { TestCommittee } from "@selvedge/integrity/testing";
import { createFallbackCoin } from "../../src/coin/coin.ts";
import type { CoinKeys } from "../../src/coin/port.ts";
import { CommitRule, type DecidedCommit, FIRST_EPOCH_BASE } from "../../src/commit/commit-rule.ts";
import { epochSeedOf } from "../../src/commit/leader-schedule.ts";
import { SealedCommits } from "../../src/commit/sealed-commits.ts";
import { DagState } from "../../src/dag/dag-state.ts";
import { genesisIdsOf } from "./real-blocks.ts";

export interface RuleOptions {
  readonly params?: Partial<ProtocolParams>;
  readonly coin?: CoinKeys;
  readonly resume?: Uint8Array | null;
  /** Already in the DAG when the rule starts. */
  readonly restored?: readonly VerifiedBlock[];
}

export class RuleRun {
  readonly dag: DagState;
  readonly rule: CommitRule;

  constructor(test: TestCommittee, options: RuleOptions = {}) {
    const { committee, chainId, crypto } = test;
    const epochSeed = epochSeedOf(crypto.sha256, { chainId, epoch: committee.epoch });
    this.dag = new DagState({ genesisIds: genesisIdsOf(test) });
    for (const block of options.restored ?? []) this.dag.insertBlock(block);
    this.rule = new CommitRule({
      chainId,
      committee,
      crypto,
      params: { ...DEFAULT_PROTOCOL_PARAMS, ...options.params },
      dag: this.dag,
      coin: options.coin ?? createFallbackCoin({ sha256: crypto.sha256, committee, epochSeed }),
      families: "both",
      epochSeed,
      base: FIRST_EPOCH_BASE,
      resume: options.resume ?? null,
      sealedCommits: new SealedCommits(),
    });
  }

  /** One block at a time, evicting as an engine does. */
  feed(blocks: readonly VerifiedBlock[]): readonly DecidedCommit[] {
    return blocks.flatMap((block) => {
      this.dag.insertBlock(block);
      const decided = this.rule.advance();
      this.dag.evictBelow(this.rule.gcRound + 1);
      return decided;
    });
  }
}

/** What two runs must agree on to the last byte. */
export function fingerprints(commits: readonly DecidedCommit[]): readonly string[] {
  return commits.map(({ sealed, consensusStateDigest }) => `${sealed.digest} ${consensusStateDigest}`);
}
