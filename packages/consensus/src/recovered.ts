// What a node's own store gives back after a restart (docs/protocol.md §11): the engine goes on as if never stopped.

import type {
  Ack,
  BlockRef,
  ClosedSequences,
  CommitVote,
  Round,
  SealedCommit,
  SignedUpdate,
  ValidatorIndex,
  VerifiedBlock,
} from "@selvedge/integrity";
import type { AckRecord } from "./effect.ts";

export interface RecoveredState {
  /** The last durable commit of this epoch and the consensus state persisted with it; null if none. */
  readonly lastCommit: { readonly sealed: SealedCommit; readonly consensusState: Uint8Array } | null;
  /** All durable blocks of rounds > the state's gcRound, in the order they were accepted. */
  readonly blocks: readonly VerifiedBlock[];
  /**
   * By author, the durable block of the highest round, which may lie at or below gcRound. What is not told is known again
   * once the author is heard above gcRound; until then its late blocks wait until something refers to them (D1).
   */
  readonly newestBlocks?: readonly BlockRef[];
  /**
   * The newest durable block that we made (the last one that was `signed`), which may lie at or below gcRound; null if
   * none. What others gave back after an amnesia is not it, however new.
   */
  readonly newestOwnBlock: VerifiedBlock | null;
  /** Highest round in the safety file, or null. A round above our own newest stored block means amnesia. */
  readonly lastSignedRound: Round | null;
  /** Every `unseen` of every `persist` of this epoch: what our end marker may have to list (§11), or we to check yet (U3). */
  readonly unseen: readonly SignedUpdate[];
  /** Every record of every `persist` of this epoch: an update key once acked is never acked for another update (U3). */
  readonly acked: readonly AckRecord[];
  /** Every `acksDue` of every `persist` of this epoch, without those that stood in a later `acked` (U5). Default none. */
  readonly acksDue?: readonly Ack[];
  /** What the host's ledger has decided already; records of such sequences are passed over. */
  readonly closed?: readonly ClosedSequences[];
  /** The newest durable commits, oldest first, earlier epochs' among them or not: at least executionLagMax + commitVotesMax of them if there are so many. */
  readonly recentCommits: readonly CommitVote[];
  /** Authors of all equivocations reported in this epoch (D2). */
  readonly equivocators: readonly ValidatorIndex[];
  /** What the store holds begins above this round: of what lies at or below it the ancestors may be missing. Default 0. */
  readonly historyRound?: number | undefined;
  /** The host knows that its safety file is not the one that was written: recover, whatever it says (§11). */
  readonly isSignedUnknown?: boolean;
  /** Whether a `persist` of this epoch said so (§11). */
  readonly hasForgotten?: boolean;
  /** Whether a `persist` of this epoch said so, and none since had `signed`: whoever stops while it recovers starts again. */
  readonly isRecovering?: boolean;
}
