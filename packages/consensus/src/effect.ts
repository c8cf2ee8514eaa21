// Everything an engine can ask of its host. The order of effects is the contract: the host executes them in order, and
// `persist` is a barrier — nothing after it happens before it is durable as asked.

import type {
  Ack,
  BlockBody,
  BlockRef,
  CheckpointCertificate,
  Digest,
  Epoch,
  Round,
  SealedCommit,
  SignedUpdate,
  UpdateDigest,
  UpdateKey,
  ValidatorIndex,
  VerifiedBlock,
} from "@selvedge/integrity";
import type { Fault } from "./fault.ts";

/** Timers are named, so that setting one again replaces it. */
export type TimerId = "propose" | "leader" | "idle" | "resend" | "ask" | `fetch:${number}`;

export type Effect =
  | PersistEffect
  | SendEffect
  | FetchEffect
  | FetchRangeEffect
  | LookupEffect
  | AskNewestEffect
  | CheckUpdateEffect
  | SetTimerEffect
  | CancelTimerEffect
  | CommitEffect
  | EpochClosedEffect
  | ReceiptEffect
  | CheckpointEffect
  | ReportEffect;

/** One atomic batch. `sync` asks for fsync, and covers what was written before. */
export interface PersistEffect {
  readonly type: "persist";
  readonly sync: boolean;
  /** In the order accepted; restoring replays them in this order. */
  readonly blocks: readonly VerifiedBlock[];
  readonly commits: readonly PersistedCommit[];
  /** Set iff a block of our own is among them: goes to the safety file, synced after the batch, before any send. */
  readonly signed: SafetyRecord | null;
  /** Acks that stand in that own block, by update key: kept for the whole epoch and given back after a restart (U3). */
  readonly acked: readonly AckRecord[];
  /** Set when an amnesia is found: kept for the whole epoch and given back after a restart (§11). */
  readonly hasForgotten?: true;
  /** Beside `hasForgotten`, while we recover: holds until a later batch has `signed`, and is given back after a restart. */
  readonly isRecovering?: true;
  /**
   * Headers of acks of ours, or of payloads still to be checked, that garbage collection has left behind: kept for the whole
   * epoch and given back (§11, U3).
   */
  readonly unseen: readonly SignedUpdate[];
  /**
   * Set if there are any: acks of blocks of ours that garbage collection passed by, due again (U5). Given back after a
   * restart, each until a later batch has its update in `acked`.
   */
  readonly acksDue?: readonly Ack[];
}

/** We acked this update, so no other of its key, ever (U3). */
export interface AckRecord {
  readonly key: UpdateKey;
  readonly update: UpdateDigest;
}

export interface PersistedCommit {
  readonly sealed: SealedCommit;
  /** What consensus needs to go on from here (docs/protocol.md §7), canonical bytes; digest below. */
  readonly consensusState: Uint8Array;
}

export interface SafetyRecord {
  readonly epoch: Epoch;
  readonly round: Round;
  readonly digest: Digest;
}

/** Push blocks to one validator, in causal order (B2). */
export interface SendEffect {
  readonly type: "send";
  readonly to: ValidatorIndex;
  readonly blocks: readonly VerifiedBlock[];
}

/** Ask one peer for blocks by digest. Answered by a `blocks` input with this id, or `fetchFailed`. */
export interface FetchEffect {
  readonly type: "fetch";
  readonly fetchId: number;
  readonly from: ValidatorIndex | null;
  readonly refs: readonly BlockRef[];
}

/** Ask one peer for its accepted blocks of rounds [from, to], lowest first; the answer may stop early at a bound. */
export interface FetchRangeEffect {
  readonly type: "fetchRange";
  readonly fetchId: number;
  readonly from: ValidatorIndex | null;
  readonly fromRound: Round;
  readonly toRound: Round;
  /** Of this author alone. */
  readonly author?: ValidatorIndex;
}

/** Ask our own store whether it holds these (old) blocks. */
export interface LookupEffect {
  readonly type: "lookup";
  readonly refs: readonly BlockRef[];
}

/**
 * Ask one validator for the newest block by us that it knows, and for its own newest (§11). Answered by a `newestAnswer`
 * input, or not at all: then it is asked again.
 */
export interface AskNewestEffect {
  readonly type: "askNewest";
  readonly to: ValidatorIndex;
}

/** A header entered the DAG: get and check its payload, then answer `updateChecked`. Validators only. */
export interface CheckUpdateEffect {
  readonly type: "checkUpdate";
  readonly update: SignedUpdate;
  /** Author of the block that carried it first: it holds the payload. */
  readonly author: ValidatorIndex;
}

export interface SetTimerEffect {
  readonly type: "setTimer";
  readonly id: TimerId;
  readonly delayMs: number;
}

export interface CancelTimerEffect {
  readonly type: "cancelTimer";
  readonly id: TimerId;
}

/** For the ledger. Comes after the `persist` that made it durable. */
export interface CommitEffect {
  readonly type: "commit";
  readonly sealed: SealedCommit;
  readonly blocks: readonly VerifiedBlock[];
  readonly consensusStateDigest: Digest;
}

/**
 * The last commit of the epoch is made, and its `commit` effect done (§11). The engine commits nothing more; it makes
 * blocks with votes for that commit until its host throws it away. Said again after a restart.
 */
export interface EpochClosedEffect {
  readonly type: "epochClosed";
  readonly last: SealedCommit;
  /** Own content that the epoch has not ordered: for the next one. */
  readonly leftover: Pick<BlockBody, "updates" | "transactions">;
}

/** Acks of stake Q seen anywhere in the DAG (U4): where they stand. */
export interface ReceiptEffect {
  readonly type: "receipt";
  readonly update: UpdateDigest;
  readonly acks: readonly ReceiptAckAt[];
}

export interface ReceiptAckAt {
  readonly block: BlockRef;
  /** Position in the block's acks. */
  readonly position: number;
}

/** Q signatures over one state root (§7). */
export interface CheckpointEffect {
  readonly type: "checkpoint";
  readonly certificate: CheckpointCertificate;
}

export interface ReportEffect {
  readonly type: "report";
  readonly fault: Fault;
}
