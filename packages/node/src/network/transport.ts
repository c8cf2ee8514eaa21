// What the host needs of a network: blocks pushed to validators over streams of their own, requests answered in bounded
// portions, payload on separate streams so that small messages never wait behind it, and a gossip feed for everybody
// else. PeerIds and multiaddrs stop behind this port; libp2p-transport.ts and memory-transport.ts implement it and pass
// one suite.

import type { BlockRef, CommitIndex, Digest, Round, SignedUpdate, ValidatorIndex } from "@selvedge/integrity";

/** Who is on the other side: a validator, by its proven key, or some observer. */
export type Remote =
  | { readonly kind: "validator"; readonly index: ValidatorIndex }
  | { readonly kind: "observer"; readonly id: string };

export type BlockRequest =
  | { readonly type: "refs"; readonly refs: readonly BlockRef[] }
  | { readonly type: "rounds"; readonly fromRound: Round; readonly toRound: Round }
  /** Those of one author; of so many rounds as an answer holds blocks. */
  | { readonly type: "roundsOf"; readonly author: ValidatorIndex; readonly fromRound: Round; readonly toRound: Round };

/** Announces an update's payload: enough to verify each chunk by itself. */
export interface PayloadOffer {
  readonly update: SignedUpdate;
  /** RFC 6962 leaf hashes of the chunks, 32 bytes each, in order; their root is the header's payloadRoot. */
  readonly chunkHashes: readonly Uint8Array[];
}

export interface PayloadChunk {
  readonly root: Digest;
  readonly index: number;
  readonly bytes: Uint8Array;
}

export interface PayloadRequest {
  readonly root: Digest;
  readonly fromChunk: number;
  readonly count: number;
}

/** Answer to a payload request: the chunk hashes come with the first portion, chunks in order, possibly fewer than asked. */
export interface PayloadPortion {
  readonly chunkHashes: readonly Uint8Array[];
  readonly chunks: readonly PayloadChunk[];
}

/** The ledger's snapshot, the hashes of its portions of STATE_PORTION_MAX_BYTES, or what consensus goes on from. */
export type StatePart = "snapshot" | "manifest" | "consensus";

/** A question about the chain, as a whole or as one peer knows it. */
export type ChainRequest =
  /** Sealed commits from `fromIndex` on, ascending and without a gap; the answer may stop early. */
  | { readonly type: "commits"; readonly fromIndex: CommitIndex; readonly count: number }
  /** The certificate of the highest commit that has one, or of the highest up to `index`. */
  | { readonly type: "checkpoint"; readonly index: CommitIndex | null }
  /** A portion of the state after a commit, or of the newest state that is kept. */
  | {
      readonly type: "state";
      readonly index: CommitIndex | null;
      readonly kind: StatePart;
      readonly fromByte: number;
    }
  /** The newest block of an author that this peer has, and the highest round of anybody's block. */
  | { readonly type: "newestBlockOf"; readonly author: ValidatorIndex }
  /** Records of the epochs from `fromEpoch` on. */
  | { readonly type: "epochs"; readonly fromEpoch: number };

/** Of the same type as its question, and within it: both are checked before anybody sees an answer. */
export type ChainAnswer =
  | { readonly type: "commits"; readonly commits: readonly Uint8Array[] }
  | { readonly type: "checkpoint"; readonly certificate: Uint8Array | null }
  | { readonly type: "state"; readonly index: CommitIndex; readonly totalBytes: number; readonly bytes: Uint8Array }
  | { readonly type: "newestBlockOf"; readonly block: Uint8Array | null; readonly highestRoundSeen: Round }
  | { readonly type: "epochs"; readonly records: readonly Uint8Array[] };

export interface TransportHandler {
  /** Awaited before more is read from that peer: this is the back-pressure. */
  readonly onBlocks: (from: Remote, blocks: readonly Uint8Array[]) => Promise<void>;
  readonly onPayloadOffer: (from: Remote, offer: PayloadOffer) => Promise<void>;
  readonly onPayloadChunk: (from: Remote, chunk: PayloadChunk) => Promise<void>;
  /** At most `BLOCKS_PER_RESPONSE_MAX` blocks and `RESPONSE_MAX_BYTES`, lowest rounds first. */
  readonly serveBlocks: (request: BlockRequest) => Promise<readonly Uint8Array[]>;
  readonly servePayload: (request: PayloadRequest) => Promise<PayloadPortion | undefined>;
  /** Undefined if there is nothing of that kind here. */
  readonly serveChain: (from: Remote, request: ChainRequest) => Promise<ChainAnswer | undefined>;
  readonly onPeerChange: (remote: Remote, isConnected: boolean) => void;
}

export interface PeerStatus {
  readonly remote: Remote;
  readonly address: string;
  readonly isConnected: boolean;
  readonly queuedBytes: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Messages dropped because the peer's queue was full. */
  readonly droppedCount: number;
  /** Misbehaviour score; at `PEER_SCORE_BAN` the peer is disconnected for a while. */
  readonly penalty: number;
}

export interface Transport extends AsyncDisposable {
  readonly start: (handler: TransportHandler) => Promise<void>;
  readonly stop: () => Promise<void>;
  /**
   * Queues blocks for a validator; returns false (and counts) if its bounded queue is full or it has been away for long:
   * the peer will pull. Always false in mode "gossip", where blocks go by publishBlock alone.
   */
  readonly pushBlocks: (to: ValidatorIndex, blocks: readonly Uint8Array[]) => boolean;
  /** Our own block, for observers (mode "direct") or for everybody (mode "gossip"). */
  readonly publishBlock: (block: Uint8Array) => void;
  /**
   * Rejects with NetworkError (PEER_UNREACHABLE, PEER_BUSY, REQUEST_TIMEOUT, REQUEST_ABORTED, RESPONSE_INVALID); null asks
   * any connected peer, validators first.
   */
  readonly fetchBlocks: (
    from: ValidatorIndex | null,
    request: BlockRequest,
    signal: AbortSignal,
  ) => Promise<readonly Uint8Array[]>;
  readonly pushPayloadOffer: (to: ValidatorIndex, offer: PayloadOffer) => boolean;
  readonly pushPayloadChunk: (to: ValidatorIndex, chunk: PayloadChunk) => boolean;
  /** As fetchBlocks; RESPONSE_EMPTY if the peer does not have that payload. */
  readonly fetchPayload: (
    from: ValidatorIndex | null,
    request: PayloadRequest,
    signal: AbortSignal,
  ) => Promise<PayloadPortion>;
  /** As fetchBlocks; RESPONSE_EMPTY if the peer has nothing of that kind. The answer is of the request's type. */
  readonly fetchChain: (
    from: ValidatorIndex | null,
    request: ChainRequest,
    signal: AbortSignal,
  ) => Promise<ChainAnswer>;
  /** Scores a peer down for what the host found wrong with its bytes. */
  readonly penalise: (remote: Remote, points: number, reason: string) => void;
  readonly peers: () => readonly PeerStatus[];
  /** Multiaddrs this node listens on (with its peer id), once started. */
  readonly addresses: () => readonly string[];
}
