// One step of the total order: a leader and the blocks it brings into the output (docs/protocol.md, S6).

import type { BlockRef } from "./block.ts";
import type { CommitDigest } from "./digest.ts";
import type { CommitIndex, Epoch } from "./ids.ts";

/** P(number) is the slot of round `number`; C(number) the number-th coin slot. */
export interface Slot {
  readonly kind: "P" | "C";
  readonly number: number;
}

export interface Commit {
  readonly index: CommitIndex;
  /** Digest of commit index − 1; zero for the first. */
  readonly previous: CommitDigest;
  readonly epoch: Epoch;
  readonly slot: Slot;
  readonly leader: BlockRef;
  /** In output order. */
  readonly blocks: readonly BlockRef[];
  /** Stake-weighted median of the leader's parents of the round before, never below that of the previous commit. */
  readonly timestampMs: number;
}

/** A commit with its canonical bytes and their digest. */
export interface SealedCommit {
  readonly commit: Commit;
  readonly bytes: Uint8Array;
  readonly digest: CommitDigest;
}

export function slotName(slot: Slot): string {
  return `${slot.kind}${slot.number}`;
}
