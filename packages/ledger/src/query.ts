// The answers to questions about the ledger's state: plain records for the HTTP API, the CLI and the simulator.

import type {
  CommitIndex,
  DeviceId,
  Digest,
  GenesisDevice,
  ModelId,
  ModelPolicy,
  RejectionCode,
  Score,
  SealedVersionRecord,
  SequenceNumber,
  TensorShape,
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
