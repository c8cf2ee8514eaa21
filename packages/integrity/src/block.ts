// A block: a signed header of fixed fields and a body whose lists stand in the header as RFC 6962 roots, so that anybody
// can be shown one entry without the rest (docs/protocol.md §2).

import type { Brand } from "./brand.ts";
import type { BlockDigest, ChainId, CommitDigest, Digest, UpdateDigest } from "./digest.ts";
import type { CommitIndex, Epoch, Round, Score, ValidatorIndex } from "./ids.ts";
import type { SignedUpdate } from "./update.ts";

export interface BlockRef {
  readonly round: Round;
  readonly author: ValidatorIndex;
  readonly digest: BlockDigest;
}

/** One group element per ticket of the author (32 bytes each) and one batched DLEQ proof (64 bytes). */
export interface CoinShare {
  readonly points: readonly Uint8Array[];
  readonly proof: Uint8Array;
}

export interface CommitVote {
  readonly index: CommitIndex;
  readonly digest: CommitDigest;
}

/** Signature over the digest of (chainId, epoch, index, commit digest, state root): see checkpoint.ts. */
export interface CheckpointVote {
  readonly index: CommitIndex;
  readonly stateRoot: Digest;
  readonly signature: Uint8Array;
}

export interface BlockHeader {
  readonly version: 1;
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  readonly round: Round;
  readonly author: ValidatorIndex;
  /** First the author's own previous block, then others (P1–P5). */
  readonly parents: readonly BlockRef[];
  readonly acksRoot: Digest;
  readonly updatesRoot: Digest;
  readonly transactionsRoot: Digest;
  readonly controlRoot: Digest;
  readonly coinShare: CoinShare | null;
  readonly commitVotes: readonly CommitVote[];
  readonly checkpointVotes: readonly CheckpointVote[];
  /** Milliseconds since 1970 as the author's host told it: carried, never a reason to reject. */
  readonly timestampMs: number;
}

export interface Ack {
  readonly update: UpdateDigest;
  readonly score: Score | null;
}

/** Typed entries for what later protocol versions order (end markers, key dealings). `kind` 0 is reserved. */
export interface ControlEntry {
  readonly kind: number;
  readonly payload: Uint8Array;
}

export interface BlockBody {
  /** Ascending by digest, no duplicates. */
  readonly acks: readonly Ack[];
  readonly updates: readonly SignedUpdate[];
  readonly transactions: readonly Uint8Array[];
  readonly control: readonly ControlEntry[];
}

/** Decoded and canonical (P6), digest taken over the received header bytes; nothing else is checked yet. */
export interface SignedBlock {
  readonly header: BlockHeader;
  readonly body: BlockBody;
  readonly ref: BlockRef;
  /** Canonical bytes of the header: what the digest covers and the signature signs. */
  readonly headerBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** The whole block as received: [headerBytes, signature, body]. */
  readonly bytes: Uint8Array;
}

/** A block that passed P1–P7. Only `verifyBlock` (and the author of a block, for its own) makes one. */
export type VerifiedBlock = Brand<SignedBlock, "VerifiedBlock">;

export function isSameRef(left: BlockRef, right: BlockRef): boolean {
  return left.digest === right.digest;
}

/** The order of everything that must not depend on arrival: (round, author, digest). */
export function compareRefs(left: BlockRef, right: BlockRef): number {
  return left.round - right.round || left.author - right.author || compareDigests(left.digest, right.digest);
}

export function compareDigests(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** True if the block carries content that somebody waits for; commit and checkpoint votes are none (§4). */
export function hasPayload(body: BlockBody): boolean {
  return body.acks.length + body.updates.length + body.transactions.length + body.control.length > 0;
}
