// Where execution stands, and the state that a snapshot hands back: shared by the state machine and its snapshot.

import type { CommitDigest, CommitIndex, Digest, ModelId } from "@selvedge/integrity";
import type { CommitteeSnapshot } from "./module/committee-state.ts";
import type { FinishedUpdates } from "./module/finished-updates.ts";
import type { TransactionLog } from "./module/log.ts";
import type { Model } from "./module/model.ts";
import type { UpdateBook } from "./module/update.ts";

/** The last fully executed commit. */
export interface Position {
  readonly index: CommitIndex;
  readonly commitDigest: CommitDigest;
  readonly consensusStateDigest: Digest;
}

export interface RestoredState {
  readonly position: Position;
  /** What the snapshot claims; whoever builds on it compares. */
  readonly stateRoot: Digest;
  readonly committee: CommitteeSnapshot;
  readonly models: ReadonlyMap<ModelId, Model>;
  readonly log: TransactionLog;
  readonly finished: FinishedUpdates;
  /** Fills an empty book, and the models' waiting lists with it. */
  readonly fill: (book: UpdateBook) => void;
}
