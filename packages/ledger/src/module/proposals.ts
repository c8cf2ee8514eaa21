// Proposals to change the committee, from their output to their approval or end (docs/protocol.md §11). One of them is
// approved in an epoch; what else is open then is dropped. Lives as long as its epoch.

import {
  type Committee,
  type CommitteeProposal,
  type Digest,
  type Rejection,
  type Result,
  type SignedApproval,
  type SignedProposal,
  StakeTally,
  type ValidatorIndex,
  type WireValue,
  compareDigests,
  digestToBytes,
  err,
  isMember,
  mustExist,
  ok,
  rejection,
  validatorIndex,
  wireInteger,
} from "@selvedge/integrity";

export interface OpenProposal {
  readonly digest: Digest;
  readonly proposal: CommitteeProposal;
  /** As it was output: what a snapshot keeps. */
  readonly transaction: Uint8Array;
  /** The one part of the transaction that the digest does not cover. */
  readonly signature: Uint8Array;
  /** Commit of its output. */
  readonly since: number;
  /** Ascending. */
  readonly approvals: readonly ValidatorIndex[];
  readonly approvedStake: number;
}

/** By validator, ascending. */
export type MemberCounts = readonly (readonly [ValidatorIndex, number])[];

export interface ProposalsSnapshot {
  /** The highest nonce of a proposal of its. */
  readonly nonces: MemberCounts;
  /** How many of its proposals in this epoch would have made no committee. */
  readonly unsound: MemberCounts;
  readonly open: readonly OpenProposal[];
  readonly approved: OpenProposal | null;
}

export interface ProposalLimits {
  /** Open proposals of one validator. */
  readonly proposalsPerValidatorMax: number;
  /** Proposals of one validator in an epoch that make no committee. */
  readonly unsoundProposalsMax: number;
  /** Commits after which an open proposal is dropped. */
  readonly proposalExpiry: number;
}

export class Proposals {
  readonly #committee: Committee;
  readonly #limits: ProposalLimits;
  /** The highest nonce of each validator's proposals: an old one never comes back. */
  readonly #nonces: Map<ValidatorIndex, number>;
  readonly #unsound: Map<ValidatorIndex, number>;
  /** In output order, hence ascending by `since`. Empty once one is approved. */
  readonly #open: Map<Digest, OpenProposal>;
  #approved: OpenProposal | null;

  constructor(committee: Committee, limits: ProposalLimits, snapshot?: ProposalsSnapshot) {
    this.#committee = committee;
    this.#limits = limits;
    this.#nonces = new Map(snapshot?.nonces);
    this.#unsound = new Map(snapshot?.unsound);
    this.#open = new Map(snapshot?.open.map((proposal) => [proposal.digest, proposal]));
    this.#approved = snapshot?.approved ?? null;
  }

  get open(): readonly OpenProposal[] {
    return [...this.#open.values()];
  }

  get approved(): OpenProposal | null {
    return this.#approved;
  }

  /** Why it is not taken up, before its signature and its content are looked at. */
  proposalFault({ proposal }: SignedProposal): Rejection | undefined {
    const { proposer, nonce, epoch } = proposal;
    if (epoch !== this.#committee.epoch) return rejection("GOVERNANCE_EPOCH", `it is for epoch ${epoch}`);
    if (!isMember(this.#committee, proposer)) return noMember(proposer);
    if (this.#approved !== null) return settled();
    if (nonce <= (this.#nonces.get(proposer) ?? -1)) {
      return rejection("PROPOSAL_NONCE", `validator ${proposer} has used nonce ${nonce} or a higher one`);
    }
    if ((this.#unsound.get(proposer) ?? 0) >= this.#limits.unsoundProposalsMax)
      return rejection("PROPOSER_BARRED", `of validator ${proposer} no more proposals are looked at in this epoch`);
    const own = this.open.filter((other) => other.proposal.proposer === proposer).length;
    if (own < this.#limits.proposalsPerValidatorMax) return undefined;
    return rejection("PROPOSAL_TOO_MANY", `validator ${proposer} has ${own} open proposals`);
  }

  /** Judging it costs far more than a signature, so it uses up its nonce, and its proposer has only so many. */
  noteUnsound({ proposal: { proposer, nonce } }: SignedProposal): void {
    this.#nonces.set(proposer, nonce);
    this.#unsound.set(proposer, (this.#unsound.get(proposer) ?? 0) + 1);
  }

  /** Takes up a proposal without a fault; the proposer approves it. True if that is enough already. */
  add({ digest, proposal, signature }: SignedProposal, transaction: Uint8Array, since: number): boolean {
    this.#nonces.set(proposal.proposer, proposal.nonce);
    this.#open.set(digest, { digest, proposal, transaction, signature, since, approvals: [], approvedStake: 0 });
    return this.approve(digest, proposal.proposer);
  }

  /** The open proposal that it approves, or why it does not, before its signature is looked at. */
  approvable({ proposal, validator }: SignedApproval): Result<OpenProposal, Rejection> {
    if (!isMember(this.#committee, validator)) return err(noMember(validator));
    if (this.#approved !== null) return err(settled());
    const open = this.#open.get(proposal);
    if (open === undefined) return err(rejection("PROPOSAL_UNKNOWN", "no such proposal is open"));
    if (!open.approvals.includes(validator)) return ok(open);
    return err(rejection("APPROVAL_REPEATED", `validator ${validator} has approved it before`));
  }

  /** True if approvals now have stake Q. */
  approve(digest: Digest, validator: ValidatorIndex): boolean {
    const open = mustExist(this.#open.get(digest), "what is approved is open");
    const tally = new StakeTally(this.#committee);
    const approvals = [...open.approvals, validator].sort((left, right) => left - right);
    for (const member of approvals) tally.add(member);
    this.#open.set(digest, { ...open, approvals, approvedStake: tally.stake });
    return tally.hasQuorum;
  }

  /** Settles the epoch's change; answers with what is dropped for it, ascending by digest. */
  settle(digest: Digest): readonly Digest[] {
    this.#approved = mustExist(this.#open.get(digest), "what is approved is open");
    this.#open.delete(digest);
    const dropped = [...this.#open.keys()].sort(compareDigests);
    this.#open.clear();
    return dropped;
  }

  /** What has been open for too long, in output order. */
  expire(index: number): readonly Digest[] {
    const expired: Digest[] = [];
    for (const [digest, { since }] of this.#open) {
      if (since + this.#limits.proposalExpiry > index) break;
      this.#open.delete(digest);
      expired.push(digest);
    }
    return expired;
  }

  snapshot(): ProposalsSnapshot {
    return {
      nonces: ascending(this.#nonces),
      unsound: ascending(this.#unsound),
      open: this.open,
      approved: this.#approved,
    };
  }

  stateFields(): WireValue {
    const { nonces, unsound, open, approved } = this.snapshot();
    return [
      memberCountsWire(nonces),
      memberCountsWire(unsound),
      open.map(openWire),
      approved === null ? null : openWire(approved),
    ];
  }
}

/** The stake follows from the committee: what a snapshot keeps is enough. */
export function approvedStakeOf(committee: Committee, approvals: readonly ValidatorIndex[]): number {
  const tally = new StakeTally(committee);
  for (const member of approvals) tally.add(validatorIndex(member));
  return tally.stake;
}

export function memberCountsWire(counts: MemberCounts): WireValue {
  return counts.map(([validator, count]) => [validator, wireInteger(count)]);
}

function ascending(counts: ReadonlyMap<ValidatorIndex, number>): MemberCounts {
  return [...counts].sort(([left], [right]) => left - right);
}

function openWire({ digest, signature, since, approvals }: OpenProposal): WireValue {
  return [digestToBytes(digest), signature, wireInteger(since), approvals];
}

function noMember(validator: ValidatorIndex): Rejection {
  return rejection("GOVERNANCE_NO_MEMBER", `validator ${validator} is no member`);
}

function settled(): Rejection {
  return rejection("GOVERNANCE_SETTLED", "a change for the next epoch is approved already");
}
