// How one epoch comes to its end (docs/protocol.md §11): proposals and approvals, dealings of the next key, and the
// trigger once both are there. Reads governance transactions in the order of the output; what is none stays opaque, what is
// a bad one changes nothing and is told by an event.

import {
  type ChainId,
  type Committee,
  type Crypto,
  type DealingScheme,
  type Digest,
  type EpochStart,
  type GovernanceTransaction,
  type MemberIdentity,
  type Rejection,
  type Result,
  type SignedApproval,
  type SignedDealingPart,
  type SignedProposal,
  type ValidatorIndex,
  type VerifiedBlock,
  type WireValue,
  assert,
  assertNever,
  decodeGovernance,
  digestOf,
  encode,
  epoch,
  err,
  isGovernanceSigned,
  isGovernanceTransaction,
  memberOf,
  mustExist,
  ok,
  rejection,
} from "@selvedge/integrity";
import type { LedgerEvent } from "../event.ts";
import type { LedgerLimits } from "../limits.ts";
import { changedMembers, dealingSize } from "./committee-change.ts";
import { Dealings, type DealingsSnapshot, dealingsFault } from "./dealings.ts";
import { transactionDigest } from "./log.ts";
import { type OpenProposal, Proposals, type ProposalsSnapshot } from "./proposals.ts";

export interface GovernanceOptions {
  readonly chainId: ChainId;
  readonly crypto: Crypto;
  readonly limits: LedgerLimits;
  readonly scheme: DealingScheme | undefined;
}

export interface GovernanceSetup extends GovernanceOptions {
  readonly start: EpochStart;
  readonly committee: Committee;
}

export interface GovernanceSnapshot {
  readonly proposals: ProposalsSnapshot;
  readonly dealings: DealingsSnapshot | null;
  readonly isEnding: boolean;
}

/** The commit that is executed, and where its events go. */
export interface GovernanceStep {
  readonly index: number;
  readonly events: LedgerEvent[];
}

export class Governance {
  readonly #setup: GovernanceSetup;
  readonly #proposals: Proposals;
  /** Members by the approved change; null while none is approved. */
  #coming: readonly MemberIdentity[] | null = null;
  /** Of the approved change, where the coin has a key. */
  #dealings: Dealings | null = null;
  #isEnding: boolean;
  /** Of the state, while it is up to date. */
  #digest: Digest | undefined;

  /** @param snapshot one in which `governanceFault` finds nothing */
  constructor(setup: GovernanceSetup, snapshot?: GovernanceSnapshot) {
    this.#setup = setup;
    this.#proposals = new Proposals(setup.committee, setup.limits, snapshot?.proposals);
    this.#isEnding = snapshot?.isEnding ?? false;
    if (this.#proposals.approved !== null) this.#prepare(this.#proposals.approved, snapshot?.dealings ?? undefined);
  }

  get proposals(): Proposals {
    return this.#proposals;
  }

  get coming(): readonly MemberIdentity[] | null {
    return this.#coming;
  }

  get dealings(): Dealings | null {
    return this.#dealings;
  }

  /** Set once the trigger is ordered. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  execute(blocks: readonly VerifiedBlock[], step: GovernanceStep): void {
    for (const { body } of blocks) this.#onTransactions(body.transactions, step);
    for (const proposal of this.#proposals.expire(step.index)) {
      step.events.push({ type: "proposalDropped", proposal, code: "PROPOSAL_EXPIRED" });
      this.#digest = undefined;
    }
    this.#tryTrigger(step);
  }

  stateDigest(): Digest {
    this.#digest ??= digestOf(this.#setup.crypto.sha256, "ledger", encode(this.#stateFields()));
    return this.#digest;
  }

  snapshot(): GovernanceSnapshot {
    const dealings = this.#dealings?.snapshot() ?? null;
    return { proposals: this.#proposals.snapshot(), dealings, isEnding: this.#isEnding };
  }

  #stateFields(): WireValue {
    return [this.#isEnding ? 1 : 0, this.#proposals.stateFields(), this.#dealings?.stateFields() ?? null];
  }

  #onTransactions(transactions: readonly Uint8Array[], step: GovernanceStep): void {
    const { limits, crypto } = this.#setup;
    let seen = 0;
    for (const transaction of transactions) {
      if (!isGovernanceTransaction(transaction)) continue;
      seen += 1;
      const done = seen > limits.governancePerBlockMax ? tooMany() : this.#onTransaction(transaction, step);
      this.#digest = undefined;
      if (done.ok) continue;
      const { code, validator } = done.error;
      const name = transactionDigest(crypto.sha256, transaction);
      step.events.push({ type: "governanceRefused", transaction: name, code, validator });
    }
  }

  #onTransaction(transaction: Uint8Array, step: GovernanceStep): Result<true, Refusal> {
    const decoded = decodeGovernance(transaction, this.#setup.crypto.sha256);
    if (!decoded.ok) return refuse(rejection("GOVERNANCE_MALFORMED", decoded.error.detail), null);
    switch (decoded.value.type) {
      case "proposal":
        return this.#onProposal(decoded.value, transaction, step);
      case "approval":
        return this.#onApproval(decoded.value, step);
      case "dealingPart":
        return this.#onDealingPart(decoded.value, step);
      default:
        return assertNever(decoded.value);
    }
  }

  #onProposal(signed: SignedProposal, transaction: Uint8Array, step: GovernanceStep): Result<true, Refusal> {
    const { proposer, chainId, changes } = signed.proposal;
    if (chainId !== this.#setup.chainId) return refuse(rejection("GOVERNANCE_CHAIN", "it is for another chain"), null);
    const fault = this.#proposals.proposalFault(signed);
    if (fault !== undefined) return refuse(fault, null);
    if (!this.#isSigned(signed, proposer)) return refuse(badSignature(), null);
    const members = comingMembers(this.#setup, changes);
    if (!members.ok) {
      this.#proposals.noteUnsound(signed);
      return refuse(members.error, proposer);
    }
    step.events.push({ type: "committeeProposed", digest: signed.digest, proposal: signed.proposal });
    if (this.#proposals.add(signed, transaction, step.index)) this.#approve(signed.digest, step);
    return ok(true);
  }

  #onApproval(signed: SignedApproval, step: GovernanceStep): Result<true, Refusal> {
    const open = this.#proposals.approvable(signed);
    if (!open.ok) return refuse(open.error, null);
    if (!this.#isSigned(signed, signed.validator)) return refuse(badSignature(), null);
    const { proposal, validator } = signed;
    const isEnough = this.#proposals.approve(proposal, validator);
    step.events.push({ type: "committeeApproval", proposal, validator });
    if (isEnough) this.#approve(proposal, step);
    return ok(true);
  }

  #onDealingPart(signed: SignedDealingPart, { events }: GovernanceStep): Result<true, Refusal> {
    const { dealer, proposal } = signed;
    const dealings = this.#dealings;
    if (dealings === null) return refuse(rejection("DEALING_UNASKED", "no dealings are wanted"), null);
    const fault = dealings.partFault(signed);
    if (fault !== undefined) return refuse(fault, null);
    if (!this.#isSigned(signed, dealer)) return refuse(badSignature(), null);
    const done = dealings.addPart(signed);
    if (done.type === "refused") events.push({ type: "dealingRefused", proposal, dealer, code: done.code });
    if (done.type === "counted") events.push({ type: "dealingCounted", proposal, dealer, stake: dealings.stake });
    return ok(true);
  }

  #approve(digest: Digest, { events }: GovernanceStep): void {
    const dropped = this.#proposals.settle(digest);
    events.push({ type: "committeeApproved", proposal: digest });
    for (const proposal of dropped) events.push({ type: "proposalDropped", proposal, code: "PROPOSAL_SUPERSEDED" });
    this.#prepare(mustExist(this.#proposals.approved, "a proposal was settled"));
  }

  #prepare({ digest, proposal }: OpenProposal, snapshot?: DealingsSnapshot): void {
    const { scheme, chainId, committee, crypto, start } = this.#setup;
    const members = comingMembers(this.#setup, proposal.changes);
    assert(members.ok, "an approved change makes a committee");
    this.#coming = members.value.members;
    if (start.coin.setup === "none" || scheme === undefined) return;
    const context = {
      chainId,
      epoch: epoch(start.epoch + 1),
      proposal: digest,
      recipients: this.#coming.map(({ stake, encryptionKey }) => ({ stake, encryptionKey })),
    };
    const { sizeBytes } = members.value;
    this.#dealings = new Dealings({ committee, scheme, sha256: crypto.sha256, context, sizeBytes }, snapshot);
  }

  /** The change is approved and the next key, if there is to be one, is made: members put their end markers now. */
  #tryTrigger({ events }: GovernanceStep): void {
    const { approved } = this.#proposals;
    if (this.#isEnding || approved === null) return;
    if (this.#dealings !== null && this.#dealings.keys === null) return;
    this.#isEnding = true;
    this.#digest = undefined;
    events.push({ type: "epochEnding", epoch: this.#setup.start.epoch, proposal: approved.digest });
  }

  #isSigned(signed: GovernanceTransaction, member: ValidatorIndex): boolean {
    return isGovernanceSigned(signed, memberOf(this.#setup.committee, member).publicKey, this.#setup.crypto);
  }
}

/** Why no state can be made of a snapshot, beyond types and ranges. Whether it is the right one says the state root. */
export function governanceFault(setup: GovernanceSetup, snapshot: GovernanceSnapshot): Rejection | undefined {
  const { proposals, dealings } = snapshot;
  if (proposals.approved === null)
    return dealings === null ? undefined : rejection("DEALING_UNASKED", "nothing to deal for");
  const members = comingMembers(setup, proposals.approved.proposal.changes);
  if (!members.ok) return members.error;
  const isDealt = setup.start.coin.setup !== "none";
  if (isDealt !== (dealings !== null)) return rejection("DEALING_UNASKED", "dealings do not fit the coin");
  return dealings === null ? undefined : dealingsFault(dealings, members.value.sizeBytes, setup.committee);
}

interface ComingMembers {
  readonly members: readonly MemberIdentity[];
  /** Of each dealing; 0 where there is none. */
  readonly sizeBytes: number;
}

function comingMembers(
  { start, scheme }: GovernanceSetup,
  changes: Parameters<typeof changedMembers>[1],
): Result<ComingMembers, Rejection> {
  const members = changedMembers(start.members, changes);
  if (!members.ok) return members;
  if (start.coin.setup === "none") return ok({ members: members.value, sizeBytes: 0 });
  if (scheme === undefined) return err(rejection("GOVERNANCE_NO_SCHEME", "nothing makes the coin's next key here"));
  const size = dealingSize(members.value, scheme);
  return size.ok ? ok({ members: members.value, sizeBytes: size.value }) : size;
}

interface Refusal {
  readonly code: string;
  /** Who provably did it. */
  readonly validator: ValidatorIndex | null;
}

function refuse({ code }: Rejection, validator: ValidatorIndex | null): Result<never, Refusal> {
  return err({ code, validator });
}

function badSignature(): Rejection {
  return rejection("GOVERNANCE_SIGNATURE", "the member's key does not sign it");
}

function tooMany(): Result<never, Refusal> {
  return refuse(rejection("GOVERNANCE_TOO_MANY", "beyond what is looked at of one block"), null);
}
