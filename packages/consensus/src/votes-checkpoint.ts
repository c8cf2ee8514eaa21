// Votes on state roots (docs/protocol.md §7): signs what our host executed, and gathers the votes in everybody's blocks
// until Q stake has signed one root. Signatures are checked only when they would make a difference.

import {
  type ChainId,
  type CheckpointCertificate,
  type CheckpointSigner,
  type CheckpointStatement,
  type CheckpointVote,
  type CommitDigest,
  type CommitIndex,
  type Committee,
  type Crypto,
  type Digest,
  StakeTally,
  type ValidatorIndex,
  type VerifiedBlock,
  compareDigests,
  isCheckpointSigned,
  signCheckpoint,
} from "@selvedge/integrity";
import type { Fault } from "./fault.ts";

export interface CheckpointVotesSetup {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Crypto;
  /** Votes for commits further below our last one are not gathered any more, nor further above it yet. */
  readonly windowCommits: number;
  readonly checkpointEvery: number;
  /** Of one block. */
  readonly votesMax: number;
}

export interface CheckpointFindings {
  readonly certificates: readonly CheckpointCertificate[];
  readonly faults: readonly Fault[];
}

type Standing = "unchecked" | "good" | "bad";

interface GatheredVote {
  readonly stateRoot: Digest;
  readonly signature: Uint8Array;
  standing: Standing;
}

interface Gathering {
  /** The first vote of each validator. */
  readonly votes: Map<ValidatorIndex, GatheredVote>;
  isCertified: boolean;
  isDivergent: boolean;
}

const NOTHING: CheckpointFindings = { certificates: [], faults: [] };

export class CheckpointVotes {
  readonly #setup: CheckpointVotesSetup;
  /** Digests of our own recent commits. */
  readonly #commits = new Map<CommitIndex, CommitDigest>();
  readonly #gatherings = new Map<CommitIndex, Gathering>();
  /** Ours, for our next block, ascending by index. */
  #pending: readonly CheckpointVote[] = [];
  /** Highest index that we have signed for. */
  #votedIndex = 0;
  #lastCommit = 0;

  constructor(setup: CheckpointVotesSetup) {
    this.#setup = setup;
  }

  restore(
    recentCommits: readonly { readonly index: CommitIndex; readonly digest: CommitDigest }[],
    votedIndex: number,
  ): void {
    for (const { index, digest } of recentCommits) {
      this.#commits.set(index, digest);
      this.#lastCommit = index;
    }
    this.#votedIndex = votedIndex;
  }

  onCommit(index: CommitIndex, digest: CommitDigest): CheckpointFindings {
    this.#commits.set(index, digest);
    this.#lastCommit = index;
    for (const known of [...this.#commits.keys(), ...this.#gatherings.keys()]) {
      if (known >= index - this.#setup.windowCommits) continue;
      this.#commits.delete(known);
      this.#gatherings.delete(known);
    }
    return this.#assess(index);
  }

  /** Our ledger executed a commit. Roots of commits that we signed for before are not signed again. */
  onExecuted(
    { index, stateRoot }: { readonly index: CommitIndex; readonly stateRoot: Digest },
    by: CheckpointSigner,
  ): void {
    const statement = this.#statement(index, stateRoot);
    if (statement === undefined || index <= this.#votedIndex || index % this.#setup.checkpointEvery !== 0) return;
    const { signature } = signCheckpoint(statement, by, this.#setup.crypto.sha256);
    this.#votedIndex = index;
    // Whoever executes faster than it makes blocks is catching up: then the newest roots are those that others wait for.
    this.#pending = [...this.#pending, { index, stateRoot, signature }].slice(-this.#setup.votesMax);
  }

  next(): readonly CheckpointVote[] {
    return this.#pending;
  }

  onOwnBlock(): void {
    this.#pending = [];
  }

  onAccepted(block: VerifiedBlock): CheckpointFindings {
    const certificates: CheckpointCertificate[] = [];
    const faults: Fault[] = [];
    for (const vote of block.header.checkpointVotes) {
      const found = this.#gather(block.ref.author, vote);
      certificates.push(...found.certificates);
      faults.push(...found.faults);
    }
    return certificates.length + faults.length === 0 ? NOTHING : { certificates, faults };
  }

  #gather(author: ValidatorIndex, { index, stateRoot, signature }: CheckpointVote): CheckpointFindings {
    if (Math.abs(index - this.#lastCommit) > this.#setup.windowCommits) return NOTHING;
    let gathering = this.#gatherings.get(index);
    if (gathering === undefined) {
      gathering = { votes: new Map(), isCertified: false, isDivergent: false };
      this.#gatherings.set(index, gathering);
    }
    const first = gathering.votes.get(author);
    if (first === undefined) {
      gathering.votes.set(author, { stateRoot, signature, standing: "unchecked" });
      return this.#assess(index);
    }
    if (first.stateRoot === stateRoot) return NOTHING;
    return { certificates: [], faults: [{ type: "badCheckpointVote", author, index }] };
  }

  /** Looks for a root with Q stake, and for two with more than F each. */
  #assess(index: CommitIndex): CheckpointFindings {
    const gathering = this.#gatherings.get(index);
    if (gathering === undefined || !this.#commits.has(index)) return NOTHING;
    const faults: Fault[] = [];
    const certificates: CheckpointCertificate[] = [];
    const backed: Digest[] = [];
    for (const stateRoot of this.#rootsToCheck(gathering)) {
      const good = this.#check(index, { gathering, stateRoot }, faults);
      if (good.hasValidity) backed.push(stateRoot);
      const statement = this.#statement(index, stateRoot);
      if (!good.hasQuorum || gathering.isCertified || statement === undefined) continue;
      gathering.isCertified = true;
      certificates.push(certificateOf(statement, gathering));
    }
    if (backed.length > 1 && !gathering.isDivergent) {
      gathering.isDivergent = true;
      faults.push({ type: "stateDivergence", index, roots: backed });
    }
    return { certificates, faults };
  }

  /** A lone root is worth checking once it may have a quorum; of several, each that may have an honest voter. */
  #rootsToCheck(gathering: Gathering): readonly Digest[] {
    const { quorumStake, validityStake } = this.#setup.committee;
    const roots = rootsOf(gathering);
    const isAlone = roots.length === 1;
    if (isAlone && gathering.isCertified) return [];
    return roots.filter((root) => this.#claimedStake(gathering, root) >= (isAlone ? quorumStake : validityStake));
  }

  /** Checks the signatures under one root that are not checked yet. */
  #check(index: CommitIndex, claim: { gathering: Gathering; stateRoot: Digest }, faults: Fault[]): StakeTally {
    const { committee } = this.#setup;
    const good = new StakeTally(committee);
    const statement = this.#statement(index, claim.stateRoot);
    if (statement === undefined) return good;
    for (const [author, vote] of claim.gathering.votes) {
      if (vote.stateRoot !== claim.stateRoot) continue;
      if (vote.standing === "unchecked") {
        const isGood = isCheckpointSigned(statement, { validator: author, signature: vote.signature }, this.#setup);
        vote.standing = isGood ? "good" : "bad";
        if (!isGood) faults.push({ type: "badCheckpointVote", author, index });
      }
      if (vote.standing === "good") good.add(author);
    }
    return good;
  }

  #claimedStake(gathering: Gathering, stateRoot: Digest): number {
    const claimed = new StakeTally(this.#setup.committee);
    for (const [author, vote] of gathering.votes) {
      if (vote.stateRoot === stateRoot && vote.standing !== "bad") claimed.add(author);
    }
    return claimed.stake;
  }

  #statement(index: CommitIndex, stateRoot: Digest): CheckpointStatement | undefined {
    const commitDigest = this.#commits.get(index);
    if (commitDigest === undefined) return undefined;
    return { chainId: this.#setup.chainId, epoch: this.#setup.committee.epoch, index, commitDigest, stateRoot };
  }
}

function rootsOf({ votes }: Gathering): readonly Digest[] {
  return [...new Set([...votes.values()].map(({ stateRoot }) => stateRoot))].sort(compareDigests);
}

function certificateOf(statement: CheckpointStatement, { votes }: Gathering): CheckpointCertificate {
  const signatures = [...votes]
    .filter(([, vote]) => vote.standing === "good" && vote.stateRoot === statement.stateRoot)
    .map(([validator, { signature }]) => ({ validator, signature }))
    .sort((left, right) => left.validator - right.validator);
  return { statement, signatures };
}
