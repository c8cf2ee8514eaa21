// What an executed commit did, as data: the host turns events into HTTP answers, logs and metrics. Nothing is decided
// from an event. Codes in `code` fields are API and listed in docs/errors.md.

import type {
  CommitIndex,
  Digest,
  RejectionCode,
  Score,
  SealedVersionRecord,
  SignedUpdate,
  UpdateDigest,
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
  | TransactionsLoggedEvent;

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
