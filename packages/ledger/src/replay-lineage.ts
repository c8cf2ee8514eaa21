// Replays a model's lineage from version 0 in one process: the reference for what the network computed, and the heart of
// `verify`. Pure; the caller brings records, headers and payloads and may stop after any version and resume.

import {
  type Digest,
  type GenesisModel,
  type Rejection,
  type Replay,
  type ReplayJob,
  type ReplayedUpdate,
  type Result,
  type SealedVersionRecord,
  type Sha256,
  type VersionMetric,
  type VersionRecord,
  err,
  headOf,
  linkFault,
  ok,
  payloadRoot,
  rejection,
} from "@selvedge/integrity";
import type { AggregationJob } from "./aggregate/job.ts";
import { type AggregationResult, runAggregation } from "./aggregate/run-aggregation.ts";
import { updateWeight } from "./aggregate/staleness.ts";
import { genesisRecord } from "./module/model.ts";

/** One version to replay: its record, and of each update in it the header and the whole payload, in record order. */
export interface ReplayStep {
  readonly record: SealedVersionRecord;
  /** That the signatures hold is the caller's to check (`verifyUpdate`). */
  readonly updates: readonly ReplayedUpdate[];
}

export interface ReplayOptions {
  readonly sha256: Sha256;
  readonly model: GenesisModel;
  /** `payloadChunkBytes` of the genesis. */
  readonly chunkBytes: number;
}

/** Where a replay stands: after the last of `records`, whose weights these are. Plain data: a replay can be resumed. */
export interface ReplayState {
  /** The newest records replayed so far, in their order: all that an update of the next version may be relative to. */
  readonly records: readonly SealedVersionRecord[];
  readonly weights: Uint8Array;
}

/** Version 0: the genesis weights, checked against the genesis. */
export function startReplay(options: ReplayOptions, weights: Uint8Array): Result<ReplayState, Rejection> {
  const { sha256, model, chunkBytes } = options;
  if (payloadRoot(sha256, weights, chunkBytes) !== model.weightsRoot) {
    return refuse("LINEAGE_GENESIS_WEIGHTS", "the weights are not those of the genesis");
  }
  return ok({ records: [genesisRecord(sha256, model)], weights });
}

/** One version further, or the first thing that does not hold. */
export function replayVersion(
  options: ReplayOptions,
  state: ReplayState,
  step: ReplayStep,
): Result<ReplayState, Rejection> {
  const { record } = step.record;
  const parent = state.records.at(-1);
  const fault = linkFault(parent && headOf(parent), record);
  if (fault !== undefined) return err(fault);
  const named = checkNamed(options.model, record, step.updates);
  if (!named.ok) return named;
  const weighed = checkWeights(options, state, step);
  if (!weighed.ok) return weighed;
  const result = replayRecord(options, { record, previousWeights: state.weights, updates: step.updates });
  if (!result.ok) return result;
  const { outcome, weights } = result.value;
  if (outcome.weightsRoot !== record.weightsRoot || outcome.weightsBytes !== record.weightsBytes) {
    return refuse("LINEAGE_WEIGHTS_MISMATCH", `replaying version ${record.version} gives other weights`);
  }
  if (!isSameMetrics(outcome.metrics, record.metrics)) {
    return refuse("LINEAGE_METRICS_MISMATCH", `replaying version ${record.version} gives other metrics`);
  }
  return ok({ records: basesFrom([...state.records, step.record], options.model), weights });
}

/** Those of the records that the next version's updates may have as a base: older ones are too stale to count (U7). */
function basesFrom(
  records: readonly SealedVersionRecord[],
  { policy: { maxStaleness } }: Pick<GenesisModel, "policy">,
): readonly SealedVersionRecord[] {
  return records.slice(-1 - maxStaleness);
}

/** The callback of `auditLineage`: aggregates a record's updates anew, with the weights that the record gives them. */
export function auditReplay(options: ReplayOptions): Replay {
  return (job) => {
    const result = replayRecord(options, job);
    return Promise.resolve(result.ok ? ok(result.value.weights) : result);
  };
}

/** Runs the aggregation of one record again, if the updates are those that it names. */
export function replayRecord(
  options: ReplayOptions,
  { record, previousWeights, updates }: ReplayJob,
): Result<AggregationResult, Rejection> {
  const { model, sha256, chunkBytes } = options;
  const { name, clip } = model.policy.aggregator;
  if (record.aggregator.name !== name || record.aggregator.clip !== clip) {
    return refuse("LINEAGE_AGGREGATOR_MISMATCH", `version ${record.version} was not made by the model's aggregator`);
  }
  const named = checkNamed(model, record, updates);
  if (!named.ok) return named;
  const baseWeightsRoot = payloadRoot(sha256, previousWeights, chunkBytes);
  return runAggregation(jobFor(model, { record, previousWeights, updates }, baseWeightsRoot), {
    sha256,
    chunkBytes,
    baseWeights: previousWeights,
    payloads: updates.map(({ payload }) => payload),
  });
}

function checkNamed(
  model: GenesisModel,
  record: VersionRecord,
  updates: readonly ReplayedUpdate[],
): Result<true, Rejection> {
  const isNamed =
    updates.length === record.updates.length &&
    record.updates.every(({ update }, index) => {
      const given = updates[index]?.update;
      return given?.digest === update && given.header.modelId === model.id;
    });
  if (!isNamed) {
    return refuse("LINEAGE_UPDATE_MISMATCH", `the updates are not those that version ${record.version} names`);
  }
  return ok(true);
}

/** U7: the weights in the record follow from the headers and the records before. */
function checkWeights(
  { model }: ReplayOptions,
  { records }: ReplayState,
  { record: { record }, updates }: ReplayStep,
): Result<true, Rejection> {
  const { sampleWeightMax } = model.policy;
  const bases = basesFrom(records, model).map(({ digest }) => digest);
  for (const [index, { update, weight }] of record.updates.entries()) {
    const header = updates[index]?.update.header;
    if (header === undefined) continue;
    const base = bases.lastIndexOf(header.baseVersion);
    if (base < 0) return refuse("LINEAGE_BASE_MISMATCH", `update ${update} has no base in reach of its version`);
    const staleness = bases.length - 1 - base;
    if (weight !== updateWeight({ sampleCount: header.sampleCount, sampleWeightMax, staleness })) {
      return refuse("LINEAGE_WEIGHT_MISMATCH", `update ${update} has another weight in version ${record.version}`);
    }
  }
  return ok(true);
}

function isSameMetrics(replayed: readonly VersionMetric[], recorded: readonly VersionMetric[]): boolean {
  if (replayed.length !== recorded.length) return false;
  return replayed.every(({ name, value }, index) => {
    const other = recorded[index];
    return other?.name === name && other.value === value;
  });
}

function jobFor(
  model: GenesisModel,
  { record, previousWeights, updates }: ReplayJob,
  baseWeightsRoot: Digest,
): AggregationJob {
  return {
    id: `${model.id}/${record.version}`,
    modelId: model.id,
    version: record.version,
    commitIndex: record.commitIndex,
    tensors: model.tensors,
    aggregator: model.policy.aggregator,
    baseWeightsRoot,
    baseWeightsBytes: previousWeights.length,
    updates: updates.map(({ update: { digest, header } }, index) => ({
      update: digest,
      payloadRoot: header.payloadRoot,
      payloadBytes: header.payloadBytes,
      codec: header.codec,
      weight: record.updates[index]?.weight ?? 0,
    })),
  };
}

function refuse(code: string, detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, detail));
}
