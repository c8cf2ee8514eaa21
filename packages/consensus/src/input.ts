// Everything an engine can be told. Inputs are stamped with the host's wall clock, which the engine only copies into
// its own blocks. Blocks come verified (P1–P7): the engine accepts nothing less.

import type {
  BlockRef,
  ClosedSequences,
  CommitIndex,
  ControlEntry,
  Digest,
  Score,
  SignedUpdate,
  UpdateDigest,
  ValidatorIndex,
  VerifiedBlock,
} from "@selvedge/integrity";
import type { TimerId } from "./effect.ts";

export type Input = InputEvent & { readonly wallClockMs: number };

export type InputEvent =
  | StartInput
  | BlocksInput
  | LookedUpInput
  | FetchFailedInput
  | NewestAnswerInput
  | LocalContentInput
  | UpdateCheckedInput
  | ExecutedInput
  | EndEpochInput
  | TimerInput;

/** First input, once: lets a fresh or restored engine set its timers and make its next block. */
export interface StartInput {
  readonly type: "start";
}

/** Blocks that a peer pushed or answered a fetch with, in the order received. */
export interface BlocksInput {
  readonly type: "blocks";
  readonly blocks: readonly VerifiedBlock[];
  /** Null for an observer's feed, whose sender is no validator. */
  readonly from: ValidatorIndex | null;
  /** The fetch that this answers, if any. */
  readonly fetchId?: number;
}

/** Answer to a `lookup` effect: which of the refs, by round, author and digest, our own store holds (with all ancestors). */
export interface LookedUpInput {
  readonly type: "lookedUp";
  readonly present: readonly BlockRef[];
  readonly absent: readonly BlockRef[];
}

export interface FetchFailedInput {
  readonly type: "fetchFailed";
  readonly fetchId: number;
}

/** Answer to an `askNewest` effect, its blocks verified. One with a block of another author than was asked for counts for none. */
export interface NewestAnswerInput {
  readonly type: "newestAnswer";
  readonly from: ValidatorIndex;
  /** The newest block by us that it knows. */
  readonly ours: VerifiedBlock | null;
  /** Its own newest block; null if it has made none. */
  readonly theirs: VerifiedBlock | null;
  /** False while it may have forgotten blocks of its own: then `theirs` says nothing. */
  readonly vouches: boolean;
}

/**
 * Content for our own blocks. Updates come once their payload is whole and checked by the host (U2). What already waits
 * or stands in an uncommitted block of ours is taken once; a transaction above transactionBytesMax is ignored. The host
 * bounds what it hands over by `status().pendingContentCount`, and repeats after a restart what no block carries yet.
 */
export interface LocalContentInput {
  readonly type: "localContent";
  readonly updates: readonly SignedUpdate[];
  readonly transactions: readonly Uint8Array[];
  readonly control: readonly ControlEntry[];
}

/** The host's verdict on a header that `checkUpdate` asked about (U3): `accepted` means the payload is durable here. */
export interface UpdateCheckedInput {
  readonly type: "updateChecked";
  readonly update: UpdateDigest;
  readonly accepted: boolean;
  readonly score: Score | null;
}

/**
 * The ledger executed a commit; a validator then votes for the state root (§7). Telling it again, as after a restart,
 * does no harm: what we voted for before is not voted for again.
 */
export interface ExecutedInput {
  readonly type: "executed";
  readonly index: CommitIndex;
  readonly stateRoot: Digest;
  /** Sequences that the commit has decided (U5): what is kept to ack none of them twice is forgotten. */
  readonly closed?: readonly ClosedSequences[];
}

/**
 * The ledger has ordered the end of the epoch (§11): nothing is acked any more, and our end marker is made. Telling it
 * again does no harm; after a restart it must be told again until the epoch is closed.
 */
export interface EndEpochInput {
  readonly type: "endEpoch";
}

export interface TimerInput {
  readonly type: "timer";
  readonly id: TimerId;
}
