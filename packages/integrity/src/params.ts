// Parameters that every node of a chain must agree on. They stand in the genesis and are hashed into the chain id;
// what a node may choose for itself is in the node's own configuration and never here.

import { type CoinIndex, coinIndex } from "./ids.ts";
import { PAYLOAD_CHUNKS_MAX, PAYLOAD_CHUNK_MIN_BYTES, PAYLOAD_MAX_BYTES } from "./limits.ts";

export interface ProtocolParams {
  /** W: rounds between coin slots; ≥ coinWave. */
  readonly coinPeriod: number;
  /** w_C: rounds of a coin wave, leader to decision. */
  readonly coinWave: number;
  /** r_0: round of C(0). */
  readonly firstCoinRound: number;
  /** D: rounds below a committed leader that are still output; ≥ 4. */
  readonly gcDepth: number;
  /** U: commits of one leader schedule. */
  readonly scheduleEvery: number;
  /** Every how many turns of the rotation all leaders count as having earned waiting. */
  readonly probeEvery: number;
  readonly roundLeadMax: number;
  readonly acksMax: number;
  readonly updatesMax: number;
  readonly transactionsMax: number;
  readonly transactionBytesMax: number;
  readonly controlMax: number;
  readonly commitVotesMax: number;
  readonly checkpointVotesMax: number;
  /** Commits after its header's first output at which an uncertified update is dropped. */
  readonly updateExpiry: number;
  /** How far beyond the last closed sequence an update may be acked. */
  readonly sequenceWindow: number;
  /** Commits that execution may lag behind the order. */
  readonly executionLagMax: number;
  readonly checkpointEvery: number;
  readonly payloadChunkBytes: number;
  readonly payloadMaxBytes: number;
}

/** Each default is a figure of docs/protocol.md §12. */
export const DEFAULT_PROTOCOL_PARAMS: ProtocolParams = {
  coinPeriod: 8,
  coinWave: 6,
  firstCoinRound: 8,
  gcDepth: 60,
  scheduleEvery: 100,
  probeEvery: 8,
  roundLeadMax: 120,
  acksMax: 512,
  updatesMax: 128,
  transactionsMax: 4096,
  transactionBytesMax: 512 * 1024,
  controlMax: 64,
  commitVotesMax: 100,
  checkpointVotesMax: 16,
  updateExpiry: 600,
  sequenceWindow: 64,
  executionLagMax: 200,
  checkpointEvery: 1,
  payloadChunkBytes: 64 * 1024,
  payloadMaxBytes: 256 * 1024 * 1024,
};

/** Field order of the canonical encoding; appending is a format change (docs/adr: wire encoding). */
export const PROTOCOL_PARAM_NAMES: readonly (keyof ProtocolParams)[] = [
  "coinPeriod",
  "coinWave",
  "firstCoinRound",
  "gcDepth",
  "scheduleEvery",
  "probeEvery",
  "roundLeadMax",
  "acksMax",
  "updatesMax",
  "transactionsMax",
  "transactionBytesMax",
  "controlMax",
  "commitVotesMax",
  "checkpointVotesMax",
  "updateExpiry",
  "sequenceWindow",
  "executionLagMax",
  "checkpointEvery",
  "payloadChunkBytes",
  "payloadMaxBytes",
];

/** With these a full block and its header stay below BLOCK_MAX_BYTES and BLOCK_HEADER_MAX_BYTES, a chunk fits a message. */
export const PROTOCOL_PARAM_CEILINGS: Readonly<Partial<Record<keyof ProtocolParams, number>>> = {
  acksMax: 4096,
  updatesMax: 256,
  transactionsMax: 16_384,
  transactionBytesMax: 1024 * 1024,
  controlMax: 64,
  commitVotesMax: 512,
  checkpointVotesMax: 64,
  payloadChunkBytes: 1024 * 1024,
  payloadMaxBytes: PAYLOAD_MAX_BYTES,
};

/** What a genesis may not say, as one sentence, or undefined if the parameters are sound. */
export function unsoundParams(params: ProtocolParams): string | undefined {
  for (const name of PROTOCOL_PARAM_NAMES) {
    if (!Number.isSafeInteger(params[name]) || params[name] < 1) return `${name} must be a positive safe integer`;
    const ceiling = PROTOCOL_PARAM_CEILINGS[name] ?? Number.MAX_SAFE_INTEGER;
    if (params[name] > ceiling) return `${name} must be at most ${ceiling}`;
  }
  if (params.coinWave < 5) return "coinWave below 5 rounds leaves the coin open to attack";
  if (params.coinPeriod < params.coinWave) return "coinPeriod must not be smaller than coinWave";
  if (params.gcDepth < 4) return "gcDepth must be at least 4";
  if (params.payloadChunkBytes < PAYLOAD_CHUNK_MIN_BYTES)
    return `payloadChunkBytes must be at least ${PAYLOAD_CHUNK_MIN_BYTES}`;
  if ((params.payloadChunkBytes & (params.payloadChunkBytes - 1)) !== 0)
    return "payloadChunkBytes must be a power of two";
  if (params.payloadMaxBytes > PAYLOAD_CHUNKS_MAX * params.payloadChunkBytes) {
    return `payloadMaxBytes must be at most ${PAYLOAD_CHUNKS_MAX} chunks`;
  }
  return undefined;
}

/** The coin whose shares stand in blocks of this round (docs/protocol.md §6: round = r_k + w_C − 1), if there is one. */
export function coinShareAt(params: ProtocolParams, round: number): CoinIndex | undefined {
  const sinceFirst = round - (params.firstCoinRound + params.coinWave - 1);
  return sinceFirst >= 0 && sinceFirst % params.coinPeriod === 0
    ? coinIndex(sinceFirst / params.coinPeriod)
    : undefined;
}
