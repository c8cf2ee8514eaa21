// What an executed commit did, as data: the host turns events into HTTP answers, logs and metrics. Nothing is decided
// from an event. Codes in `code` fields are API and listed in docs/errors.md.

import type {
  CommitIndex,
  CommitteeProposal,
  DeviceId,
  Digest,
  Epoch,
  EpochStart,
  ModelId,
  RejectionCode,
  Score,
  SealedVersionRecord,
  SignedUpdate,
  SequenceNumber,
  UpdateDigest,
  ValidatorIndex,
  VersionNumber,
} from "@selvedge/integrity";

export type LedgerEvent =
  | UpdateOutputEvent
  | UpdateCertifiedEvent
  | UpdateScoredEvent
  | UpdateRefusedEvent
  | UpdateDroppedEvent
  | UpdateExpiredEvent
  | VersionClosedEvent
  | AggregateRefusedEvent
  | TransactionsLoggedEvent
  | GovernanceEvent;

/** What a change of the committee does (docs/protocol.md §11), in the order in which it happens. */
export type GovernanceEvent =
  | GovernanceRefusedEvent
  | CommitteeProposedEvent
  | CommitteeApprovalEvent
  | CommitteeApprovedEvent
  | ProposalDroppedEvent
  | DealingCountedEvent
  | DealingRefusedEvent
  | EpochEndingEvent
  | EpochClosedEvent
  | DeviceSignedTwiceEvent;

/** A header was output for the first time and is now waiting for acks. */
export interface UpdateOutputEvent {
  readonly type: "updateOutput";
  readonly update: SignedUpdate;
}

/** Header and acks of stake Q are output: the update counts (U5). */
export interface UpdateCertifiedEvent {
  readonly type: "updateCertified";
  readonly update: UpdateDigest;
}

/** The score is fixed (U6). */
export interface UpdateScoredEvent {
  readonly type: "updateScored";
  readonly update: UpdateDigest;
  readonly score: Score;
}

/** A header was output that has no effect: not authorised, or a replay. It changes nothing in the state. */
export interface UpdateRefusedEvent {
  readonly type: "updateRefused";
  readonly update: UpdateDigest;
  readonly code: RejectionCode;
}

/** An update that was waiting will never count; `code` says why. */
export interface UpdateDroppedEvent {
  readonly type: "updateDropped";
  readonly update: UpdateDigest;
  readonly code: RejectionCode;
}

/** `updateExpiry` commits passed without a certificate; the sequence is closed (U5). */
export interface UpdateExpiredEvent {
  readonly type: "updateExpired";
  readonly update: UpdateDigest;
}

export interface VersionClosedEvent {
  readonly type: "versionClosed";
  readonly record: SealedVersionRecord;
}

/** The version closed, but its aggregate would have made a weight non-finite: the weights are those of before. */
export interface AggregateRefusedEvent {
  readonly type: "aggregateRefused";
  readonly modelId: string;
  readonly version: VersionNumber;
}

/** Opaque transactions that joined the log, in order. */
export interface TransactionsLoggedEvent {
  readonly type: "transactionsLogged";
  /** Position of the first of them in the log. */
  readonly firstPosition: number;
  readonly digests: readonly Digest[];
  readonly commitIndex: CommitIndex;
}

/** A governance transaction was output that changes nothing. It stands in the log like any other. */
export interface GovernanceRefusedEvent {
  readonly type: "governanceRefused";
  /** As it is named in the log. */
  readonly transaction: Digest;
  readonly code: RejectionCode;
  /** The member that signed what no honest member signs; null if that is not shown. */
  readonly validator: ValidatorIndex | null;
}

/** A proposal is open, with its proposer's approval. */
export interface CommitteeProposedEvent {
  readonly type: "committeeProposed";
  readonly digest: Digest;
  readonly proposal: CommitteeProposal;
}

export interface CommitteeApprovalEvent {
  readonly type: "committeeApproval";
  readonly proposal: Digest;
  readonly validator: ValidatorIndex;
}

/** Approvals have stake Q. Where the coin has a key, members deal the next one now. */
export interface CommitteeApprovedEvent {
  readonly type: "committeeApproved";
  readonly proposal: Digest;
}

export interface ProposalDroppedEvent {
  readonly type: "proposalDropped";
  readonly proposal: Digest;
  readonly code: RejectionCode;
}

export interface DealingCountedEvent {
  readonly type: "dealingCounted";
  readonly proposal: Digest;
  readonly dealer: ValidatorIndex;
  /** Of all dealings that count so far. */
  readonly stake: number;
}

/** A fault of the dealer: it signed every part of a dealing that does not hold. */
export interface DealingRefusedEvent {
  readonly type: "dealingRefused";
  readonly proposal: Digest;
  readonly dealer: ValidatorIndex;
  readonly code: RejectionCode;
}

/** The trigger is ordered: from here on members ack nothing and mark their end. */
export interface EpochEndingEvent {
  readonly type: "epochEnding";
  readonly epoch: Epoch;
  readonly proposal: Digest;
}

/** The commit is the last of its epoch; the next one belongs to what starts here. */
export interface EpochClosedEvent {
  readonly type: "epochClosed";
  readonly start: EpochStart;
}

/** At the end of an epoch two headers of one (device, model, sequence) were visible: neither is ever certified. */
export interface DeviceSignedTwiceEvent {
  readonly type: "deviceSignedTwice";
  readonly deviceId: DeviceId;
  readonly modelId: ModelId;
  readonly sequence: SequenceNumber;
  /** Ascending. */
  readonly updates: readonly UpdateDigest[];
}
