// What a running node offers to those who ask it: the HTTP routes and the command line see the daemon only through this
// port, so both are tested without a network.

import type { EngineStatus } from "@selvedge/consensus";
import type {
  AvailabilityReceipt,
  ChainId,
  CheckpointCertificate,
  CommitIndex,
  DeviceId,
  Digest,
  EpochStart,
  Genesis,
  ModelId,
  Rejection,
  Result,
  SignedUpdate,
  UpdateDigest,
  ValidatorIndex,
  VersionNumber,
} from "@selvedge/integrity";
import type { EpochInfo, ModelInfo, SequenceInfo, VersionList, VersionProof } from "@selvedge/ledger";
import type { EpochStep } from "../epoch/epoch-record.ts";
import type { PeerStatus } from "../network/transport.ts";

export type Role = "validator" | "observer";

export interface NodeStatus {
  readonly version: string;
  readonly chainId: ChainId;
  readonly network: string;
  readonly role: Role;
  readonly validator: ValidatorIndex | null;
  readonly engine: EngineStatus;
  /** Last commit that the ledger has executed. */
  readonly executedIndex: CommitIndex;
  readonly stateRoot: Digest;
  readonly checkpointIndex: CommitIndex | null;
  /** Milliseconds since the last commit, or null before the first. */
  readonly sinceLastCommitMs: number | null;
  readonly peers: readonly PeerStatus[];
  readonly uptimeMs: number;
  readonly coin: "dealer" | "dealt" | "none";
  readonly epoch: EpochStatus;
  /** False until everything that was executed before the last stop is executed again. */
  readonly isStarted: boolean;
  /** What this validator signed last, as its safety file says; null in an observer, or before the first signature. */
  readonly safety: { readonly epoch: number; readonly round: number } | null;
  /** Of the file system that holds the data; null if it does not tell. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  /** Commits that are kept, or null for all; commits up to `base` may be gone. */
  readonly pruning: { readonly keepCommits: number | null; readonly base: number };
  /** The last time that every file of the database was read and checked. */
  readonly lastScrub: ScrubReport | null;
  /** "ok", or one sentence that says why nothing moves. */
  readonly health: string;
  readonly state: "healthy" | "syncing" | "stalled";
}

export interface ScrubReport {
  readonly finishedMs: number;
  /** One sentence for each thing that did not hold. */
  readonly findings: readonly string[];
}

/** Where the chain's committee stands. */
export interface EpochStatus {
  readonly number: number;
  readonly members: number;
  /** One sentence about the change that is under way, or null. */
  readonly change: string | null;
}

/** Where an update stands, from its first byte to the version that holds it. */
export type UpdateView =
  | { readonly state: "unknown" }
  | { readonly state: "receiving"; readonly missingChunks: readonly number[] }
  | { readonly state: "received" }
  | { readonly state: "receipt" }
  | { readonly state: "certified"; readonly commitIndex: CommitIndex; readonly score: number | null }
  | { readonly state: "applied"; readonly modelId: ModelId; readonly version: VersionNumber }
  | { readonly state: "refused"; readonly code: string; readonly detail: string };

export type TransactionView =
  | { readonly state: "unknown" }
  | { readonly state: "pending" }
  | { readonly state: "committed"; readonly commitIndex: CommitIndex };

export interface PayloadStream {
  /** Verifies and stores what arrives, pushes each whole chunk on to the other validators, and checks the delta at the end. */
  readonly write: (bytes: Uint8Array) => Promise<Result<void, Rejection>>;
  readonly finish: () => Promise<Result<UpdateView, Rejection>>;
}

export interface NodeServices {
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly status: () => NodeStatus;

  /** Takes a signed header and the hashes of its payload's chunks; idempotent by digest. */
  readonly submitUpdate: (
    update: SignedUpdate,
    chunkHashes: readonly Uint8Array[],
  ) => Promise<Result<UpdateView, Rejection>>;
  /** Opens the payload of a submitted header for writing from byte 0. */
  readonly openPayload: (update: UpdateDigest) => Promise<Result<PayloadStream, Rejection>>;
  readonly updateView: (update: UpdateDigest) => Promise<UpdateView>;
  readonly receipt: (update: UpdateDigest) => Promise<AvailabilityReceipt | undefined>;

  /** Queues a transaction; deduplicated by digest. Rejected when too large or when the queue is full. */
  readonly submitTransaction: (
    bytes: Uint8Array,
  ) => Promise<Result<{ readonly digest: Digest; readonly view: TransactionView }, Rejection>>;
  readonly transactionView: (digest: Digest) => Promise<TransactionView>;
  /** Resolves once this daemon has durably committed the transaction, or with the last view when the signal aborts. */
  readonly waitForTransaction: (digest: Digest, signal: AbortSignal) => Promise<TransactionView>;

  readonly models: () => readonly ModelInfo[];
  readonly model: (id: ModelId) => ModelInfo | undefined;
  readonly versions: (id: ModelId) => VersionList;
  /** With the certificate whose state root the proof leads to; undefined while there is none that covers the version. */
  readonly proveVersion: (
    id: ModelId,
    version: VersionNumber,
  ) => Promise<Result<{ readonly proof: VersionProof; readonly certificate: CheckpointCertificate }, Rejection>>;
  readonly sequenceInfo: (device: DeviceId, model: ModelId) => SequenceInfo | undefined;

  readonly payloadSize: (root: Digest) => Promise<number | undefined>;
  /** Bytes [from, to) of a stored payload or weights file, chunk by chunk, each verified against the root. */
  readonly readPayload: (root: Digest, from: number, to: number) => AsyncIterable<Uint8Array>;

  /** Who votes, and how far a change of that is. */
  readonly epochInfo: () => EpochInfo;
  /** The epoch that this node is in, or an earlier one. */
  readonly epochStart: (epoch: number) => Promise<EpochStart | undefined>;
  /** What leads from the epoch before to this one; undefined for the first and for what is not here. */
  readonly epochStep: (epoch: number) => Promise<EpochStep | undefined>;

  readonly latestCheckpoint: () => CheckpointCertificate | undefined;
  readonly checkpoint: (index: CommitIndex) => Promise<CheckpointCertificate | undefined>;

  readonly events: EventFeed;
}

/** What happens, as it happens; ids grow by one and are kept for `EVENTS_KEPT_MAX` events, so a reader can resume. */
export interface EventFeed {
  /** Events after `afterId` that are still kept, then all that follow, until the returned function is called. */
  readonly subscribe: (afterId: number | undefined, listener: (event: NodeEvent) => void) => () => void;
  readonly lastId: () => number;
}

export interface NodeEvent {
  readonly id: number;
  /** Milliseconds since 1970, for people. */
  readonly timeMs: number;
  readonly topic: "commit" | "update" | "version" | "checkpoint" | "fault";
  readonly data: Readonly<Record<string, string | number | null>>;
}
