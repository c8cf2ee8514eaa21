// Every bound of the network in one place: what a peer can make this node hold, wait for or do. Each has a row in
// docs/limits.md that says what happens at the bound. Values that a node may choose for itself are in `NetworkLimits`.

import { BLOCK_MAX_BYTES, PAYLOAD_CHUNK_MAX_BYTES, PAYLOAD_CHUNKS_MAX } from "@selvedge/integrity";

/** Version of everything under `/selvedge/…/1`; another version is refused in the hello. */
export const NETWORK_PROTOCOL_VERSION = 1;

/** Blocks in one answer; lowest rounds first, the asker continues from there. */
export const BLOCKS_PER_RESPONSE_MAX = 512;

/** Commits in one answer; the asker continues after the last one. */
export const COMMITS_PER_RESPONSE_MAX = 512;

/** Bytes of state in one answer. */
export const STATE_PORTION_MAX_BYTES: number = 1024 * 1024;

/** Bytes of a whole state that may be transferred; a peer that announces more is refused before the first of them. */
export const STATE_TRANSFER_MAX_BYTES: number = 1024 * 1024 * 1024;

/** Epoch records in one answer, and the bytes of one. */
export const EPOCHS_PER_RESPONSE_MAX = 16;
export const EPOCH_RECORD_MAX_BYTES: number = 1024 * 1024;

/** Bytes of blocks or chunks in one answer. One item always fits, so that every request makes progress. */
export const RESPONSE_MAX_BYTES: number = 4 * 1024 * 1024;

/** References in one request: as many as one answer can hold. */
export const REFS_PER_REQUEST_MAX = 512;

/** Chunks of one payload: 256 MiB in chunks of 16 KiB. A genesis with more of them cannot be announced in one offer. */
export const CHUNKS_PER_PAYLOAD_MAX: number = PAYLOAD_CHUNKS_MAX;

/** Queued blocks are coalesced into frames of about this size: one encryption instead of many. */
export const FRAME_TARGET_BYTES: number = 256 * 1024;

const FRAME_OVERHEAD_BYTES = 64 * 1024;

/** Frame bounds: content bound plus lengths. A longer frame is misbehaviour. */
export const BLOCK_FRAME_MAX_BYTES: number = BLOCK_MAX_BYTES + FRAME_OVERHEAD_BYTES;
export const PAYLOAD_FRAME_MAX_BYTES: number = PAYLOAD_CHUNK_MAX_BYTES + FRAME_OVERHEAD_BYTES;
export const REQUEST_FRAME_MAX_BYTES: number = 64 * 1024;
export const RESPONSE_FRAME_MAX_BYTES: number = RESPONSE_MAX_BYTES + 32 * CHUNKS_PER_PAYLOAD_MAX + FRAME_OVERHEAD_BYTES;
export const HELLO_FRAME_MAX_BYTES = 256;

/** Bytes handed to a stream at once: below the muxer's write bound, so that back-pressure comes before the reset. */
export const WRITE_SLICE_BYTES: number = 64 * 1024;

/** Misbehaviour score at which a peer is disconnected and banned for `banMs`. */
export const PEER_SCORE_BAN = 100;

/** Points for what the transport itself finds. The host adds its own. */
export const PENALTY_FRAME_OVERSIZE = 100;
export const PENALTY_FRAME_MALFORMED = 50;
export const PENALTY_RESPONSE_INVALID = 25;

/** Peers whose score is remembered; beyond, the oldest entry is forgotten. */
export const PENALTY_ENTRIES_MAX = 4096;

/** What a request costs its asker besides the bytes of the answer, and what each reference in it does. */
export const SERVING_REQUEST_COST_BYTES: number = 4 * 1024;
export const SERVING_REFERENCE_COST_BYTES = 128;

/** Peers whose allowance is remembered; beyond, the one that asked longest ago begins with a full one again. */
export const SERVING_ENTRIES_MAX = 4096;

/** libp2p and yamux (faults.md: limits to set explicitly). */
export const YAMUX_INBOUND_STREAMS_MAX = 16;
export const YAMUX_EARLY_STREAMS_MAX = 4;
export const YAMUX_WINDOW_BYTES: number = 256 * 1024;
export const YAMUX_WRITE_BUFFER_MAX_BYTES: number = 1024 * 1024;
export const YAMUX_MESSAGE_MAX_BYTES: number = 64 * 1024;

/** Gossip: one block a message. 256 KiB above it for framing and piggybacked control messages (longer deafens a link). */
export const GOSSIP_INBOUND_MAX_BYTES: number = BLOCK_MAX_BYTES + 256 * 1024;
export const GOSSIP_OUTBOUND_BUFFER_MAX_BYTES: number = 4 * 1024 * 1024;
/** Gossiped bytes that wait for the host; beyond, messages are ignored and the blocks fetched later. */
export const GOSSIP_PENDING_MAX_BYTES: number = 8 * 1024 * 1024;
export const GOSSIP_TOPIC_BYTES_PER_PEER_MAX: number = 64 * 1024;
export const GOSSIP_DECODE_ENTRIES_MAX = 64;

export interface NetworkLimits {
  /** Connections in all; raised to hold the committee twice over. */
  readonly connectionsMax: number;
  /** Connected peers that are not validators; beyond, their hello is answered with NO_ROOM. */
  readonly observersMax: number;
  /** New connections per second from one host. A devnet has all its nodes on one host: raise it there. */
  readonly inboundConnectionsPerSecond: number;
  /** Inbound connections that are still in their handshake. */
  readonly pendingConnectionsMax: number;
  /** Encryption, muxing and hello, each. */
  readonly handshakeTimeoutMs: number;
  readonly dialTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** A peer that takes no byte for this long is disconnected; it will pull what it missed. */
  readonly writeStallTimeoutMs: number;
  /** A silent TCP connection is closed after this; pings go every 10 s. */
  readonly inactivityTimeoutMs: number;
  /** Blocks queued for one validator; a push beyond answers false. */
  readonly blockQueueBytesMax: number;
  /** Payload queued for one validator; a push beyond answers false. */
  readonly payloadQueueBytesMax: number;
  /** What is queued for a validator that is away is dropped after this; it will pull. */
  readonly queueRetentionMs: number;
  /** Requests of ours that one peer serves at a time; others wait their turn. */
  readonly requestsPerPeerMax: number;
  /** Requests of ours that wait for a turn with one peer; beyond, they fail with PEER_BUSY. */
  readonly requestsWaitingMax: number;
  /** Requests of validators that this node serves at a time; beyond, the answer is PEER_BUSY. */
  readonly servingMax: number;
  /** The same of all others, each until its answer is read: strangers neither keep validators waiting nor fill our memory. */
  readonly servingObserversMax: number;
  /** Bytes of answers that one peer may have each second on average; beyond, the answer is PEER_BUSY. */
  readonly servingBytesPerSecond: number;
  /** Bytes of answers that one peer may have at once. */
  readonly servingBurstBytes: number;
  readonly redialMinMs: number;
  readonly redialMaxMs: number;
  readonly banMs: number;
  /** Scores halve in this time, so that honest noise never adds up to a ban. */
  readonly penaltyHalfLifeMs: number;
  readonly stopTimeoutMs: number;
  /** How often what libp2p still knows of peers that left is dropped. */
  readonly forgetStrangersEveryMs: number;
}

export const DEFAULT_NETWORK_LIMITS: NetworkLimits = {
  connectionsMax: 64,
  observersMax: 32,
  inboundConnectionsPerSecond: 5,
  pendingConnectionsMax: 10,
  handshakeTimeoutMs: 5_000,
  dialTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  writeStallTimeoutMs: 30_000,
  inactivityTimeoutMs: 60_000,
  blockQueueBytesMax: 4 * 1024 * 1024,
  payloadQueueBytesMax: 8 * 1024 * 1024,
  queueRetentionMs: 10_000,
  requestsPerPeerMax: 3,
  requestsWaitingMax: 64,
  servingMax: 16,
  servingObserversMax: 8,
  servingBytesPerSecond: 16 * 1024 * 1024,
  servingBurstBytes: 64 * 1024 * 1024,
  redialMinMs: 200,
  redialMaxMs: 10_000,
  banMs: 60_000,
  penaltyHalfLifeMs: 300_000,
  stopTimeoutMs: 1_500,
  forgetStrangersEveryMs: 60_000,
};

/** For networks whose nodes share one host: the per-host bounds would otherwise refuse honest validators. */
export const LOOPBACK_NETWORK_LIMITS: NetworkLimits = {
  ...DEFAULT_NETWORK_LIMITS,
  inboundConnectionsPerSecond: 200,
  pendingConnectionsMax: 128,
  redialMaxMs: 2_000,
  // No network lies in between.
  servingBytesPerSecond: 128 * 1024 * 1024,
  servingBurstBytes: 256 * 1024 * 1024,
};
