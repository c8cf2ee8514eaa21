// The ledger as its host sees it: what goes in, what comes out, what can be asked. The state machine behind it is
// ledger.ts.

import type {
  ChainId,
  ClosedSequences,
  CommitDigest,
  CommitIndex,
  Committee,
  Crypto,
  DealingScheme,
  DeviceId,
  Digest,
  Genesis,
  ModelId,
  Rejection,
  Result,
  SealedCommit,
  SignedUpdate,
  UpdateDigest,
  UpdateHeader,
  VerifiedBlock,
  VersionNumber,
} from "@selvedge/integrity";
import type { AggregationJob, AggregationOutcome, JobId } from "./aggregate/job.ts";
import type { EpochProof } from "./epoch-proof.ts";
import type { LedgerEvent } from "./event.ts";
import { LEDGER_LIMITS, type LedgerLimits } from "./limits.ts";
import type { KeyDealings } from "./module/committee-state.ts";
import type { GovernanceOptions } from "./module/governance.ts";
import type {
  DeviceInfo,
  EpochInfo,
  ModelInfo,
  SequenceInfo,
  UpdatePermit,
  UpdateStatus,
  VersionList,
} from "./query.ts";
import type { LineageConsistencyProof, VersionProof } from "./state-proof.ts";

export interface LedgerOptions {
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  /** Of epoch 0; later ones follow from the state. */
  readonly committee: Committee;
  readonly crypto: Crypto;
  /** How the coin's next key is made; without it a chain whose coin has a key takes no change of the committee. */
  readonly dealingScheme?: DealingScheme;
  /** Only tests and simulations set this: limits are agreed. */
  readonly limits?: LedgerLimits;
}

/** The parts of the options that a change of the committee is judged by. */
export function governanceOptionsOf({ chainId, crypto, limits, dealingScheme }: LedgerOptions): GovernanceOptions {
  return { chainId, crypto, limits: limits ?? LEDGER_LIMITS, scheme: dealingScheme };
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
  /** Where devices stand whose sequences the commit touched: all up to these are closed. */
  readonly closed: readonly ClosedSequences[];
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

  /** Where every device stands with every model that it has sent anything to. */
  readonly closedSequences: () => readonly ClosedSequences[];

  /** Index of the last fully executed commit; 0 at genesis. */
  readonly lastCommitIndex: () => CommitIndex;
  /** State root after the last fully executed commit. */
  readonly stateRoot: () => Digest;
  /** Of what consensus goes on from after that commit: covered by its state root. */
  readonly consensusStateDigest: () => Digest;
  readonly updateStatus: (update: UpdateDigest) => UpdateStatus;
  /** A header that waits (output or certified), or undefined. */
  readonly pendingUpdate: (update: UpdateDigest) => SignedUpdate | undefined;
  readonly models: () => readonly ModelInfo[];
  readonly model: (id: ModelId) => ModelInfo | undefined;
  /** Empty if there is no such model. */
  readonly versions: (id: ModelId) => VersionList;
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

  /** Who votes, and how far a change is. After the commit that closes an epoch, `next` says what the next commit belongs to. */
  readonly epochInfo: () => EpochInfo;
  /** What members decrypt their shares of an epoch's key from (the present one's, or the next one's once that is known); none
   * if it was not made here. */
  readonly keyDealings: (epoch?: number) => KeyDealings | null;
  /** Headers that wait without a certificate: what a host proposes again when an epoch begins. */
  readonly uncertifiedUpdates: () => readonly SignedUpdate[];
  /** The present epoch's start and the next one's, as far as the state root shows them. */
  readonly proveEpoch: () => EpochProof;

  /** Canonical bytes of the whole state. Asserts that no job is open. */
  readonly exportSnapshot: () => Uint8Array;
}
