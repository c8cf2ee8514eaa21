// Votes on state roots (docs/protocol.md §7): signs what our host executed, and gathers the votes in everybody's blocks
// until Q stake has signed one root. Signatures are checked only when they would make a difference.

import {
  type ChainId,
  type CheckpointCertificate,
  type CheckpointSignature,
  type CheckpointSigner,
  type CheckpointStatement,
  type CheckpointVote,
  type CommitDigest,
  type CommitIndex,
  type Committee,
  type Crypto,
  type Digest,
  type ValidatorIndex,
  type VerifiedBlock,
  checkpointDigest,
  compareDigests,
  memberOf,
  mustExist,
  signCheckpoint,
} from "@selvedge/integrity";
import type { CheckedSignatures } from "./checked-signatures.ts";
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
  /** Of the commit that the epoch's first one follows. */
  readonly baseIndex: number;
  readonly signatures: CheckedSignatures;
}

export interface CheckpointFindings {
  readonly certificates: readonly CheckpointCertificate[];
  readonly faults: readonly Fault[];
}

/** The votes for one root of one commit: of each validator its first vote for that commit. */
interface Backing {
  readonly stateRoot: Digest;
  /** In the order met. */
  unchecked: CheckpointSignature[];
  good: CheckpointSignature[];
  /** Of votes that are not known to be bad. */
  claimedStake: number;
  goodStake: number;
}

interface Gathering {
  /** In the order met. One, unless somebody lies or errs. */
  readonly backings: Backing[];
  /** By validator, 1 + the position of the backing that its first vote is in; 0 if it has not voted. */
  readonly choices: Uint16Array;
  isCertified: boolean;
  isDivergent: boolean;
}

const NOTHING: CheckpointFindings = { certificates: [], faults: [] };
const NO_BACKINGS: readonly Backing[] = [];

export class CheckpointVotes {
  readonly #setup: CheckpointVotesSetup;
  /** Digests of our own recent commits. */
  readonly #commits = new Map<CommitIndex, CommitDigest>();
  readonly #gatherings = new Map<CommitIndex, Gathering>();
  /** Ours, for our next block, ascending by index. */
  #pending: readonly CheckpointVote[] = [];
  /** Highest index that we have signed for. */
  #votedIndex = 0;
  #lastCommit: number;
  /** The epoch's last commit is voted for whatever its index (§11). */
  #closing: CommitIndex | null = null;

  constructor(setup: CheckpointVotesSetup) {
    this.#setup = setup;
    this.#lastCommit = setup.baseIndex;
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
    const first = index - this.#setup.windowCommits;
    for (const known of this.#commits.keys()) {
      if (known >= first) break;
      this.#commits.delete(known);
    }
    for (const known of this.#gatherings.keys()) if (known < first) this.#gatherings.delete(known);
    return this.#assess(index);
  }

  /** Our ledger executed a commit. Roots of commits that we signed for before are not signed again. */
  onExecuted(
    { index, stateRoot }: { readonly index: CommitIndex; readonly stateRoot: Digest },
    by: CheckpointSigner,
  ): void {
    const isTurn = index % this.#setup.checkpointEvery === 0 || index === this.#closing;
    const isDue = index > this.#votedIndex && isTurn;
    if (!isDue || !this.#commits.has(index)) return;
    const { signature } = signCheckpoint(this.#statement(index, stateRoot), by, this.#setup.crypto.sha256);
    this.#votedIndex = index;
    // Whoever executes faster than it makes blocks is catching up: then the newest roots are those that others wait for.
    this.#pending = [...this.#pending, { index, stateRoot, signature }].slice(-this.#setup.votesMax);
  }

  /** The newest one in memory: handed out again after a restart, as the host may have lost the last. */
  newestCertificate(): readonly CheckpointCertificate[] {
    const { quorumStake } = this.#setup.committee;
    const certified = [...this.#gatherings].filter(([, { isCertified }]) => isCertified);
    const [index, gathering] = certified.toSorted(([left], [right]) => right - left)[0] ?? [];
    const backing = gathering?.backings.find(({ goodStake }) => goodStake >= quorumStake);
    if (index === undefined || backing === undefined) return [];
    return [certificateOf(this.#statement(index, backing.stateRoot), backing)];
  }

  onClosed(index: CommitIndex): void {
    this.#closing = index;
  }

  next(): readonly CheckpointVote[] {
    return this.#pending;
  }

  onOwnBlock(): void {
    this.#pending = [];
  }

  onAccepted(block: VerifiedBlock): CheckpointFindings {
    const { checkpointVotes } = block.header;
    if (checkpointVotes.length === 0) return NOTHING;
    let findings = NOTHING;
    for (const vote of checkpointVotes) {
      const found = this.#gather(block.ref.author, vote);
      if (found === NOTHING) continue;
      const certificates = [...findings.certificates, ...found.certificates];
      findings = { certificates, faults: [...findings.faults, ...found.faults] };
    }
    return findings;
  }

  #gather(author: ValidatorIndex, { index, stateRoot, signature }: CheckpointVote): CheckpointFindings {
    if (Math.abs(index - this.#lastCommit) > this.#setup.windowCommits) return NOTHING;
    const gathering = this.#gatheringOf(index);
    const position = positionOf(gathering, stateRoot);
    if (gathering.choices[author] === 0) {
      gathering.choices[author] = 1 + position;
      const backing = gathering.backings[position] ?? added(gathering, stateRoot);
      backing.unchecked.push({ validator: author, signature });
      backing.claimedStake += memberOf(this.#setup.committee, author).stake;
      return this.#assess(index);
    }
    if (gathering.choices[author] === 1 + position) return NOTHING;
    return { certificates: [], faults: [{ type: "badCheckpointVote", author, index }] };
  }

  #gatheringOf(index: CommitIndex): Gathering {
    let gathering = this.#gatherings.get(index);
    if (gathering === undefined) {
      const choices = new Uint16Array(this.#setup.committee.validators.length);
      gathering = { backings: [], choices, isCertified: false, isDivergent: false };
      this.#gatherings.set(index, gathering);
    }
    return gathering;
  }

  /** Looks for a root with Q stake, and for two with more than F each. */
  #assess(index: CommitIndex): CheckpointFindings {
    const gathering = this.#gatherings.get(index);
    if (gathering === undefined || !this.#commits.has(index)) return NOTHING;
    const due = this.#backingsToCheck(gathering);
    if (due.length === 0) return NOTHING;
    const { quorumStake, validityStake } = this.#setup.committee;
    const faults: Fault[] = [];
    const certificates: CheckpointCertificate[] = [];
    const backed: Digest[] = [];
    for (const backing of due) {
      const statement = this.#statement(index, backing.stateRoot);
      this.#check(statement, backing, faults);
      if (backing.goodStake >= validityStake) backed.push(backing.stateRoot);
      if (backing.goodStake < quorumStake || gathering.isCertified) continue;
      gathering.isCertified = true;
      certificates.push(certificateOf(statement, backing));
    }
    if (backed.length > 1 && !gathering.isDivergent) {
      gathering.isDivergent = true;
      faults.push({ type: "stateDivergence", index, roots: backed });
    }
    return { certificates, faults };
  }

  /** A lone root is worth checking once it may have a quorum; of several, each that may have an honest voter. */
  #backingsToCheck({ backings, isCertified }: Gathering): readonly Backing[] {
    const { quorumStake, validityStake } = this.#setup.committee;
    const [first] = backings;
    if (first !== undefined && backings.length === 1)
      return isCertified || first.claimedStake < quorumStake ? NO_BACKINGS : backings;
    return backings
      .filter(({ claimedStake }) => claimedStake >= validityStake)
      .sort((left, right) => compareDigests(left.stateRoot, right.stateRoot));
  }

  /** Checks the signatures under one root that are not checked yet. */
  #check(statement: CheckpointStatement, backing: Backing, faults: Fault[]): void {
    if (backing.unchecked.length === 0) return;
    const { committee, crypto, signatures } = this.#setup;
    const message = checkpointDigest(statement, crypto.sha256);
    for (const vote of backing.unchecked) {
      const { stake, publicKey } = memberOf(committee, vote.validator);
      if (signatures.isGood({ publicKey, message, signature: vote.signature }, crypto)) {
        backing.good.push(vote);
        backing.goodStake += stake;
      } else {
        backing.claimedStake -= stake;
        faults.push({ type: "badCheckpointVote", author: vote.validator, index: statement.index });
      }
    }
    backing.unchecked = [];
  }

  #statement(index: CommitIndex, stateRoot: Digest): CheckpointStatement {
    const commitDigest = mustExist(this.#commits.get(index), "we know the commit that we make a statement about");
    return { chainId: this.#setup.chainId, epoch: this.#setup.committee.epoch, index, commitDigest, stateRoot };
  }
}

/** One past the end if nobody has voted for the root yet. */
function positionOf({ backings }: Gathering, stateRoot: Digest): number {
  for (let position = 0; position < backings.length; position += 1) {
    if (backings[position]?.stateRoot === stateRoot) return position;
  }
  return backings.length;
}

function added({ backings }: Gathering, stateRoot: Digest): Backing {
  const backing: Backing = { stateRoot, unchecked: [], good: [], claimedStake: 0, goodStake: 0 };
  backings.push(backing);
  return backing;
}

function certificateOf(statement: CheckpointStatement, { good }: Backing): CheckpointCertificate {
  return { statement, signatures: good.toSorted((left, right) => left.validator - right.validator) };
}
