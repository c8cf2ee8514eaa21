// What one engine is told at its making: the chain's shared parameters, and what this node chose for itself.

import type {
  ChainId,
  Committee,
  Crypto,
  Digest,
  EpochBase,
  ProtocolParams,
  Signer,
  ValidatorIndex,
} from "@selvedge/integrity";
import type { CoinKeys } from "./coin/port.ts";
import type { EngineMemo } from "./memo.ts";

/** May differ from node to node: nothing that is decided depends on these. */
export interface LocalParams {
  /** Least time between two of our blocks, except when catching up (C3). */
  readonly roundDelayMinMs: number;
  readonly leaderTimeoutMs: number;
  /** Pace of rounds while nothing is pending. */
  readonly idleRoundDelayMs: number;
  readonly ownUncommittedBytesMax: number;
  readonly parkedPerAuthorMax: number;
  readonly parkedMax: number;
  /** How long a fetch may stay unanswered before another peer is asked. */
  readonly fetchTimeoutMs: number;
  /** Blocks asked for in one range request. */
  readonly fetchRangeRoundsMax: number;
  /** Rounds to listen for a second process with our key after an amnesia; 0: sign without asking anybody first (§11). */
  readonly doppelgangerRounds: number;
}

/** Defaults of docs/protocol.md §12. */
export const DEFAULT_LOCAL_PARAMS: LocalParams = {
  roundDelayMinMs: 20,
  leaderTimeoutMs: 250,
  idleRoundDelayMs: 1000,
  ownUncommittedBytesMax: 8 * 1024 * 1024,
  parkedPerAuthorMax: 256,
  parkedMax: 4096,
  fetchTimeoutMs: 500,
  fetchRangeRoundsMax: 64,
  doppelgangerRounds: 0,
};

/** Which slot families a chain reads from the DAG. Both, but for experiments and for tests that show what each is for. */
export type SlotFamilies = "both" | "p-only" | "c-only";

/** What a later epoch goes on from (§11): commits count on, rounds begin again. */
export interface EngineEpochBase extends EpochBase {
  /** Of the epoch's start: in its genesis references and in its seed. */
  readonly startDigest: Digest;
}

export interface EngineSetup {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly local: LocalParams;
  readonly crypto: Crypto;
  readonly coin: CoinKeys;
  /** Absent in the first epoch. */
  readonly epochBase?: EngineEpochBase | undefined;
  /** Absent in an observer: it follows and commits, and makes no block. */
  readonly validator: ValidatorIdentity | null;
  /** Default "both". */
  readonly slotFamilies?: SlotFamilies;
  /** Shared with other engines of this chain in this process. Default: one of its own. */
  readonly memo?: EngineMemo;
}

export interface ValidatorIdentity {
  readonly index: ValidatorIndex;
  readonly signer: Signer;
}
