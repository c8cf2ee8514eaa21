// What the baseline's validators tell one another: blocks, certificates and messages, as plain immutable values.

import type { Digest } from "@selvedge/integrity";

/** ed25519. */
export const SIGNATURE_BYTES = 64;

/** Signatures of a quorum under one block. The genesis block's certificate has none. */
export interface QuorumCertificate {
  readonly view: number;
  readonly digest: Digest;
  /** Ascending. */
  readonly signers: readonly number[];
  /** In the order of the signers. */
  readonly signatures: readonly Uint8Array[];
}

/** A quorum gave a view up; each says the view of the highest certificate that it knew. */
export interface TimeoutCertificate {
  readonly view: number;
  /** Ascending by signer. */
  readonly entries: readonly TimeoutEntry[];
}

export interface TimeoutEntry {
  readonly signer: number;
  readonly highView: number;
  readonly signature: Uint8Array;
}

/** Extends the block that `justify` certifies: that is its parent. */
export interface HotStuffBlock {
  readonly digest: Digest;
  readonly view: number;
  readonly author: number;
  /** Parent's height + 1; the genesis block has 0. */
  readonly height: number;
  readonly justify: QuorumCertificate;
  readonly transactions: readonly Uint8Array[];
}

export interface Proposal {
  readonly type: "proposal";
  readonly block: HotStuffBlock;
  /** Why the block may skip views: needed unless `justify` is of the view just before. */
  readonly timeouts: TimeoutCertificate | null;
  readonly signature: Uint8Array;
}

export interface Vote {
  readonly type: "vote";
  readonly view: number;
  readonly digest: Digest;
  readonly voter: number;
  readonly signature: Uint8Array;
}

export interface Timeout {
  readonly type: "timeout";
  readonly view: number;
  readonly voter: number;
  readonly high: QuorumCertificate;
  /** How the sender came into the view, if not by `high`. */
  readonly timeouts: TimeoutCertificate | null;
  /** Over view and view of `high`. */
  readonly signature: Uint8Array;
}

/** For a validator that lags: what brings it into the sender's view. */
export interface Advance {
  readonly type: "advance";
  readonly high: QuorumCertificate;
  readonly timeouts: TimeoutCertificate | null;
}

/** Transactions of a gateway, broadcast to all mempools; signed, so that none is taken in that was damaged on the way. */
export interface Gossip {
  readonly type: "transactions";
  readonly transactions: readonly Uint8Array[];
  readonly gateway: number;
  readonly signature: Uint8Array;
}

/** The block and its ancestors above a height, newest first. */
export interface BlockRequest {
  readonly type: "request";
  readonly digest: Digest;
  readonly aboveHeight: number;
}

export interface BlockAnswer {
  readonly type: "blocks";
  readonly blocks: readonly HotStuffBlock[];
}

export type HotStuffMessage = Proposal | Vote | Timeout | Advance | Gossip | BlockRequest | BlockAnswer;

/** What must survive a crash: written and synced before anything is signed. */
export interface SafetyRecord {
  /** No vote and no proposal in this view or below, ever again: a leader votes for what it proposes. */
  readonly votedView: number;
  /** The lock: a proposal that skips views must extend a certificate at least as high as a quorum's highest. */
  readonly high: QuorumCertificate;
  readonly timeouts: TimeoutCertificate | null;
}
