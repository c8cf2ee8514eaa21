// One aggregation job from bytes to bytes: what the host's worker runs, and what replay runs again. Pure: the same job
// and inputs give the same canonical safetensors file on every machine.

import {
  type AggregatorName,
  type Digest,
  type Rejection,
  type Result,
  type Sha256,
  type VersionMetric,
  type Weights,
  decodeDelta,
  err,
  isSameShape,
  ok,
  payloadRoot,
  readCanonicalSafetensors,
  rejection,
  weightsFromContainer,
  writeWeights,
} from "@selvedge/integrity";
import { clipScales, normOf } from "./clip.ts";
import { coordinateMedian } from "./coordinate-median.ts";
import type { Delta, Kernel, WeightedDelta } from "./delta-set.ts";
import { type AggregationJob, type AggregationOutcome, METRIC_CLIPPED, METRIC_REFUSED } from "./job.ts";
import { weightedMean } from "./weighted-mean.ts";

export interface AggregationInputs {
  readonly sha256: Sha256;
  /** `payloadChunkBytes` of the genesis: the weights root is over chunks of this size. */
  readonly chunkBytes: number;
  /** The canonical safetensors file under the job's `baseWeightsRoot`. */
  readonly baseWeights: Uint8Array;
  /** Whole payloads, in the order of the job's updates. */
  readonly payloads: readonly Uint8Array[];
}

export interface AggregationResult {
  readonly outcome: AggregationOutcome;
  /** The new canonical safetensors file, whose root is `outcome.weightsRoot`. */
  readonly weights: Uint8Array;
  /** Clip factor of each update, in order: 1 where nothing was clipped. For people; it is not agreed on. */
  readonly scales: readonly number[];
}

const KERNELS: Readonly<Record<AggregatorName, Kernel>> = {
  "weighted-mean": weightedMean,
  "coordinate-median": coordinateMedian,
};

/**
 * New weights = base + aggregate, added in float64 and rounded once to float32. If a single weight would not be finite,
 * the whole aggregate is refused: the version keeps the weights of before and says so in its metrics.
 * Inputs that are not what the job names are rejected; that is damage on this machine, never a verdict of the chain.
 */
export function runAggregation(job: AggregationJob, inputs: AggregationInputs): Result<AggregationResult, Rejection> {
  const base = readBase(job, inputs);
  if (!base.ok) return base;
  const deltas = readDeltas(job, inputs);
  if (!deltas.ok) return deltas;
  const scales =
    job.aggregator.clip === "median-norm" ? clipScales(deltas.value.map(normOf)) : deltas.value.map(() => 1);
  const clipped = { name: METRIC_CLIPPED, value: scales.filter((scale) => scale < 1).length };
  const weighted = deltas.value.map((delta, index) => ({
    delta,
    weight: job.updates[index]?.weight ?? 0,
    scale: scales[index] ?? 1,
  }));
  const sum = addAggregate(base.value, weighted, KERNELS[job.aggregator.name]);
  if (sum === undefined) {
    const { weightsRoot, bytes } = { weightsRoot: job.baseWeightsRoot, bytes: inputs.baseWeights };
    return ok(resultOf({ weightsRoot, bytes, metrics: [{ name: METRIC_REFUSED, value: 1 }, clipped], scales }));
  }
  const bytes = writeWeights(sum);
  const weightsRoot = payloadRoot(inputs.sha256, bytes, inputs.chunkBytes);
  return ok(resultOf({ weightsRoot, bytes, metrics: [clipped], scales }));
}

function readBase(job: AggregationJob, inputs: AggregationInputs): Result<Weights, Rejection> {
  const { sha256, chunkBytes, baseWeights } = inputs;
  if (payloadRoot(sha256, baseWeights, chunkBytes) !== job.baseWeightsRoot) {
    return refuse("AGGREGATION_BASE_MISMATCH", "the weights are not those that the job names");
  }
  const container = readCanonicalSafetensors(baseWeights);
  if (!container.ok) return container;
  const weights = weightsFromContainer(container.value);
  if (!weights.ok) return weights;
  if (!isSameShape(weights.value, job.tensors)) {
    return refuse("AGGREGATION_BASE_SHAPE", "the weights have other tensors than the model");
  }
  return weights;
}

function readDeltas(
  job: AggregationJob,
  { sha256, chunkBytes, payloads }: AggregationInputs,
): Result<Delta[], Rejection> {
  const deltas: Delta[] = [];
  for (const [index, update] of job.updates.entries()) {
    const payload = payloads[index];
    const isNamed =
      payload?.length === update.payloadBytes && payloadRoot(sha256, payload, chunkBytes) === update.payloadRoot;
    if (payload === undefined || !isNamed) {
      return refuse("AGGREGATION_PAYLOAD_MISMATCH", `the payload of update ${update.update} is not the one it names`);
    }
    const delta = decodeDelta(payload, { codec: update.codec, model: job.tensors });
    if (!delta.ok) return delta;
    deltas.push(delta.value.map(({ values }) => values));
  }
  return ok(deltas);
}

/** Undefined if a sum is not finite as float32. */
function addAggregate(base: Weights, deltas: readonly WeightedDelta[], kernel: Kernel): Weights | undefined {
  const sums: Weights[number][] = [];
  for (const [tensor, { name, shape, values }] of base.entries()) {
    const aggregate = kernel(deltas, tensor);
    const sum = new Float32Array(values.length);
    for (let index = 0; index < sum.length; index += 1) {
      // Storing into a Float32Array is the one rounding, to nearest, ties to even.
      sum[index] = (values[index] ?? 0) + (aggregate[index] ?? 0);
      if (!Number.isFinite(sum[index])) return undefined;
    }
    sums.push({ name, shape, values: sum });
  }
  return sums;
}

interface ResultParts {
  readonly weightsRoot: Digest;
  readonly bytes: Uint8Array;
  readonly metrics: readonly VersionMetric[];
  readonly scales: readonly number[];
}

function resultOf({ weightsRoot, bytes, metrics, scales }: ResultParts): AggregationResult {
  return { outcome: { weightsRoot, weightsBytes: bytes.length, metrics }, weights: bytes, scales };
}

function refuse(code: string, detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, detail));
}
