// The work that closes a version, as data: the ledger makes a job, the host runs it in a worker (run-aggregation.ts),
// the ledger takes the outcome. A job names its inputs by digest; it never holds them.

import type {
  AggregatorSpec,
  CommitIndex,
  DeltaCodec,
  Digest,
  ModelId,
  TensorShape,
  UpdateDigest,
  VersionMetric,
  VersionNumber,
} from "@selvedge/integrity";

/** `<model id>/<version>`: unique, since a version closes once. */
export type JobId = string;

export interface AggregationJob {
  readonly id: JobId;
  readonly modelId: ModelId;
  /** The version that the job makes. */
  readonly version: VersionNumber;
  /** The commit that closes it. */
  readonly commitIndex: CommitIndex;
  readonly tensors: readonly TensorShape[];
  readonly aggregator: AggregatorSpec;
  /** Payload root and size of the weights that the aggregate is added to. */
  readonly baseWeightsRoot: Digest;
  readonly baseWeightsBytes: number;
  /** In the order in which they are aggregated: (certifying commit, header digest). */
  readonly updates: readonly JobUpdate[];
}

/** One certified update of a job; its payload is found under `payloadRoot`. */
export interface JobUpdate {
  readonly update: UpdateDigest;
  readonly payloadRoot: Digest;
  readonly payloadBytes: number;
  readonly codec: DeltaCodec;
  /** Fixed point, units of 2^-16 (version-record.ts of integrity). */
  readonly weight: number;
}

/** What the ledger needs to know of a finished job. Every validator gets the same one, or its code differs. */
export interface AggregationOutcome {
  /** Payload root of the new canonical safetensors file. */
  readonly weightsRoot: Digest;
  readonly weightsBytes: number;
  /** Ascending by name; goes into the version record. */
  readonly metrics: readonly VersionMetric[];
}

/** Metric: updates whose delta was scaled down to the median norm. */
export const METRIC_CLIPPED = "updates-clipped";
/** Metric, present with value 1 only if the aggregate was refused: adding it would have made a weight non-finite. */
export const METRIC_REFUSED = "aggregate-refused";
