// The ledger as its host sees it: what goes in, what comes out, what can be asked. The state machine behind it is
// ledger.ts.

import type {
  ChainId,
  CommitDigest,
  CommitIndex,
  Committee,
  Crypto,
  DeviceId,
  Digest,
  Genesis,
  ModelId,
  Rejection,
  Result,
  SealedCommit,
  SealedVersionRecord,
  SignedUpdate,
  UpdateDigest,
  UpdateHeader,
  VerifiedBlock,
  VersionNumber,
} from "@selvedge/integrity";
import type { AggregationJob, AggregationOutcome, JobId } from "./aggregate/job.ts";
import type { LedgerEvent } from "./event.ts";
import type { LedgerLimits } from "./limits.ts";
import type { DeviceInfo, ModelInfo, SequenceInfo, UpdatePermit, UpdateStatus } from "./query.ts";
import type { LineageConsistencyProof, VersionProof } from "./state-proof.ts";

export interface LedgerOptions {
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Pick<Crypto, "sha256">;
  /** Only tests and simulations set this: limits are agreed. */
  readonly limits?: LedgerLimits;
}

/** One commit as consensus hands it on, blocks in output order. */
export interface CommitInput {
  readonly commit: SealedCommit;
  readonly blocks: readonly VerifiedBlock[];
  readonly consensusStateDigest: Digest;
}

export type ApplyResult = DoneResult | AggregateResult;

/** The commit is executed; the state root covers it. */
export interface DoneResult {
  readonly type: "done";
  readonly index: CommitIndex;
  readonly commitDigest: CommitDigest;
  readonly stateRoot: Digest;
  readonly events: readonly LedgerEvent[];
}

/** The commit closes versions; nothing further is executed until every job is completed. */
export interface AggregateResult {
  readonly type: "aggregate";
  readonly index: CommitIndex;
  /** The jobs still open, ascending by model id; at least one. */
  readonly jobs: readonly AggregationJob[];
}

export interface Ledger {
  /** Executes the next commit. Asserts that it is the next one and that no job is open. */
  readonly apply: (input: CommitInput) => ApplyResult;
  /** Takes the outcome of an open job, in any order; the last one yields the commit's state root and events. */
  readonly complete: (jobId: JobId, outcome: AggregationOutcome) => ApplyResult;
  /** Empty unless `apply` answered "aggregate" and jobs are still to be completed. */
  readonly openJobs: () => readonly AggregationJob[];

  /** May an honest validator ack this header in the present state (U3, without the payload)? */
  readonly checkUpdate: (header: UpdateHeader) => Result<UpdatePermit, Rejection>;
  /** May this decoded delta be acked: shape, finite, within the model's hard norm bound (U3)? Tensors as in the model. */
  readonly checkDelta: (modelId: ModelId, delta: readonly Float32Array[]) => Result<number, Rejection>;

  /** Index of the last fully executed commit; 0 at genesis. */
  readonly lastCommitIndex: () => CommitIndex;
  /** State root after the last fully executed commit. */
  readonly stateRoot: () => Digest;
  readonly updateStatus: (update: UpdateDigest) => UpdateStatus;
  /** A header that waits (output or certified), or undefined. */
  readonly pendingUpdate: (update: UpdateDigest) => SignedUpdate | undefined;
  readonly models: () => readonly ModelInfo[];
  readonly model: (id: ModelId) => ModelInfo | undefined;
  /** All records of the model, version 0 first; empty if there is no such model. */
  readonly versions: (id: ModelId) => readonly SealedVersionRecord[];
  readonly devices: () => readonly DeviceInfo[];
  readonly device: (id: DeviceId) => DeviceInfo | undefined;
  readonly sequenceInfo: (device: DeviceId, model: ModelId) => SequenceInfo | undefined;
  readonly loggedCount: () => number;

  readonly proveVersion: (id: ModelId, version: VersionNumber) => Result<VersionProof, Rejection>;
  readonly proveLineage: (
    id: ModelId,
    fromCount: number,
    toCount: number,
  ) => Result<LineageConsistencyProof, Rejection>;

  /** Canonical bytes of the whole state. Asserts that no job is open. */
  readonly exportSnapshot: () => Uint8Array;
}
