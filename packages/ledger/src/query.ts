// The answers to questions about the ledger's state: plain records for the HTTP API, the CLI and the simulator.

import type {
  CommitIndex,
  CommitteeProposal,
  DealingContext,
  DeviceId,
  Digest,
  EpochStart,
  GenesisDevice,
  MemberIdentity,
  ModelId,
  ModelPolicy,
  RejectionCode,
  Score,
  SealedVersionRecord,
  SequenceNumber,
  TensorShape,
  ValidatorIndex,
  VersionNumber,
} from "@selvedge/integrity";

/** The ledger's view of an update; "received" and "receipt" (before any output) are the host's to add. */
export type UpdateStatus =
  | { readonly state: "unknown" }
  | { readonly state: "output"; readonly firstOutput: CommitIndex; readonly ackedStake: number }
  | { readonly state: "certified"; readonly certifiedAt: CommitIndex; readonly score: Score | null }
  | { readonly state: "applied"; readonly modelId: ModelId; readonly version: VersionNumber }
  | { readonly state: "dropped"; readonly code: RejectionCode };

export interface DeviceInfo {
  readonly id: DeviceId;
  readonly device: GenesisDevice;
}

export interface ModelInfo {
  readonly id: ModelId;
  readonly tensors: readonly TensorShape[];
  readonly policy: ModelPolicy;
  readonly current: SealedVersionRecord;
  /** Certified updates that wait for the next version. */
  readonly waitingCount: number;
}

/** The versions of a model, 0 first. Old ones are decoded when they are asked for. */
export interface VersionList extends Iterable<SealedVersionRecord> {
  readonly length: number;
  readonly at: (version: number) => SealedVersionRecord | undefined;
}

/** Where a device stands with a model. */
export interface SequenceInfo {
  /** All sequences up to this one are closed (U3). */
  readonly lastClosed: number;
  /** The least sequence that is neither closed nor taken by a waiting header: what a device signs next. */
  readonly next: SequenceNumber;
  /** Highest sequence that is acked. */
  readonly highest: number;
}

/** What `checkUpdate` grants: all that the host needs to check the payload before it acks (U3). */
export interface UpdatePermit {
  readonly modelId: ModelId;
  readonly tensors: readonly TensorShape[];
  readonly policy: ModelPolicy;
  readonly baseVersion: VersionNumber;
  readonly currentVersion: VersionNumber;
  readonly baseWeightsRoot: Digest;
}

/** Who votes, and how far a change of the committee is (docs/protocol.md §11). */
export interface EpochInfo {
  readonly start: EpochStart;
  readonly startDigest: Digest;
  /** Known from the commit on that closes the epoch: later commits belong to it. */
  readonly next: EpochStart | null;
  /** The trigger is ordered: end markers are due. */
  readonly isEnding: boolean;
  /** Stake of the end markers that count so far. */
  readonly markedStake: number;
  /** In the order of their output. */
  readonly open: readonly ProposalInfo[];
  readonly approved: ApprovedInfo | null;
}

export interface ProposalInfo {
  readonly digest: Digest;
  readonly proposal: CommitteeProposal;
  readonly since: CommitIndex;
  /** Ascending. */
  readonly approvals: readonly ValidatorIndex[];
  readonly approvedStake: number;
}

export interface ApprovedInfo extends ProposalInfo {
  /** The committee that comes, in its order. */
  readonly members: readonly MemberIdentity[];
  /** Null where the coin has no key. */
  readonly dealings: DealingsInfo | null;
}

export interface DealingsInfo {
  /** What a dealer adds its signing key to. */
  readonly context: Omit<DealingContext, "dealerPublicKey">;
  readonly sizeBytes: number;
  readonly dealers: readonly DealerInfo[];
  readonly countedStake: number;
  /** The next key is made: dealings of stake Q count. */
  readonly isComplete: boolean;
}

export interface DealerInfo {
  readonly dealer: ValidatorIndex;
  readonly verdict: "gathering" | "counted" | "refused";
  /** Parts that are still to come, ascending. */
  readonly missingParts: readonly number[];
}
