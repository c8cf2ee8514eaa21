// What an epoch of a chain goes on from: its committee, its coin's keys and the last commit of the epoch before
// (docs/protocol.md §11). The first one follows from the genesis; each later one is made by the ledger at the commit that
// closes the epoch before it, and its digest stands in the state root of that commit.

import type { CommitteeMember } from "./committee.ts";
import type { CommitDigest } from "./digest.ts";
import type { CommitIndex, Epoch } from "./ids.ts";

export interface EpochMember extends CommitteeMember {
  readonly name: string;
  /** Ristretto255 element to which dealings of the coin's key are encrypted, 32 bytes. */
  readonly encryptionKey: Uint8Array;
  /** One point per ticket (32 bytes each); empty without a group key. */
  readonly coinPublicShares: readonly Uint8Array[];
}

export interface EpochCoin {
  /** "dealer": one party made the keys (test networks); "dealt": made over the chain; "none": the public fallback coin. */
  readonly setup: "dealer" | "dealt" | "none";
  /** 32 bytes; empty if there is none. */
  readonly groupPublicKey: Uint8Array;
}

/** The commit that an epoch's first commit follows. */
export interface EpochBase {
  /** 0 in the first epoch. */
  readonly index: CommitIndex;
  /** Zero in the first epoch. */
  readonly digest: CommitDigest;
  readonly timestampMs: number;
}

export interface EpochStart {
  readonly epoch: Epoch;
  readonly base: EpochBase;
  readonly members: readonly EpochMember[];
  readonly coin: EpochCoin;
}
