// What names a published model version: the records of a model form its lineage chain (parent digest) and the leaves of
// its RFC 6962 tree, whose root is in the state root.

import type { Digest, UpdateDigest, VersionDigest } from "./digest.ts";
import type { CommitIndex, ModelId, Score, VersionNumber } from "./ids.ts";

export interface AppliedUpdate {
  readonly update: UpdateDigest;
  /** Fixed point, units of 2^-16: min(samples, sampleWeightMax) × staleness weight. */
  readonly weight: number;
  readonly score: Score | null;
}

export type AggregatorName = "weighted-mean" | "coordinate-median";

/** Position is the wire code. */
export const AGGREGATOR_NAMES: readonly AggregatorName[] = ["weighted-mean", "coordinate-median"];

/** `median-norm`: every delta is scaled down to the median L2 norm of the set. */
export type ClipRule = "none" | "median-norm";

export const CLIP_RULES: readonly ClipRule[] = ["none", "median-norm"];

export interface AggregatorSpec {
  readonly name: AggregatorName;
  readonly clip: ClipRule;
}

export interface VersionMetric {
  readonly name: string;
  /** Fixed-point integer; the name says its unit. */
  readonly value: number;
}

export interface VersionRecord {
  readonly modelId: ModelId;
  readonly version: VersionNumber;
  /** Digest of the previous record; zero for version 0. */
  readonly parent: VersionDigest;
  /** In the order they were aggregated: (certifying commit, header digest). */
  readonly updates: readonly AppliedUpdate[];
  readonly aggregator: AggregatorSpec;
  /** Payload root of the canonical safetensors file. */
  readonly weightsRoot: Digest;
  readonly weightsBytes: number;
  readonly metrics: readonly VersionMetric[];
  /** The commit that closed the version; 0 for version 0. */
  readonly commitIndex: CommitIndex;
}

export interface SealedVersionRecord {
  readonly record: VersionRecord;
  readonly bytes: Uint8Array;
  readonly digest: VersionDigest;
}
