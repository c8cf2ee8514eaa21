// What everybody starts from. The chain id is the digest of the genesis' canonical bytes (codec/genesis-codec.ts), so a
// node with another committee, device list, model or parameter is on another chain and is told so.

import type { CommitteeMember } from "./committee.ts";
import type { Digest } from "./digest.ts";
import type { ModelId } from "./ids.ts";
import type { ProtocolParams } from "./params.ts";
import type { AggregatorSpec } from "./version-record.ts";

export interface GenesisValidator extends CommitteeMember {
  readonly name: string;
  /** Ristretto255 element to which dealings of the coin's next key are encrypted, 32 bytes. */
  readonly encryptionKey: Uint8Array;
  /** Public share of the coin key, one point per ticket (32 bytes each). */
  readonly coinPublicShares: readonly Uint8Array[];
}

export interface GenesisDevice {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

/** Norms count in units of 2^-16 wherever they are agreed. */
export const NORM_UNIT: number = 2 ** 16;

/** The policy by which versions of a model close (docs/protocol.md §8, U7). */
export interface ModelPolicy {
  /** Updates per version. */
  readonly bufferSize: number;
  /** Least number of updates with which a version closes once the window has passed. */
  readonly minimum: number;
  /** Commits after which a version may close with fewer than bufferSize updates. */
  readonly windowCommits: number;
  /** Certified updates of one device that wait for a version, and so the most of one device in a version. */
  readonly perDeviceMax: number;
  /** Versions an update's base may lie behind the current one. */
  readonly maxStaleness: number;
  readonly sampleWeightMax: number;
  /** Hard bound on a delta's L2 norm, units of 2^-16; a delta beyond it is never acked. */
  readonly normMax: number;
  readonly aggregator: AggregatorSpec;
}

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface GenesisModel {
  readonly id: ModelId;
  /** Float32 tensors, ascending by name (UTF-16 code units). */
  readonly tensors: readonly TensorShape[];
  readonly weightsRoot: Digest;
  readonly weightsBytes: number;
  readonly policy: ModelPolicy;
}

export interface GenesisCoin {
  /** "dealer": one party made all shares (test networks only); "none": the public fallback coin. */
  readonly setup: "dealer" | "none";
  /** 32 bytes; empty if there is none. */
  readonly groupPublicKey: Uint8Array;
}

export interface Genesis {
  readonly name: string;
  /** Milliseconds since 1970; part of what makes two test networks differ. */
  readonly createdMs: number;
  readonly params: ProtocolParams;
  readonly validators: readonly GenesisValidator[];
  readonly coin: GenesisCoin;
  readonly devices: readonly GenesisDevice[];
  readonly models: readonly GenesisModel[];
}
