// What runs in the worker thread: number work that would keep the event loop from its peers. Pure functions of their
// arguments; the pool (worker-pool.ts) is the only caller.

import { createHash } from "node:crypto";
import { type DeltaCodec, type Rejection, type Result, type TensorShape, decodeDelta, ok } from "@selvedge/integrity";
import { type AggregationJob, type AggregationResult, normOf, runAggregation } from "@selvedge/ledger";

export interface AggregateTask {
  readonly type: "aggregate";
  readonly job: AggregationJob;
  readonly chunkBytes: number;
  readonly baseWeights: Uint8Array;
  readonly payloads: readonly Uint8Array[];
}

export interface InspectTask {
  readonly type: "inspect";
  readonly codec: DeltaCodec;
  readonly payload: Uint8Array;
  readonly tensors: readonly TensorShape[];
}

export type WorkerTask = AggregateTask | InspectTask;

/** The answer of an aggregation, or the L2 norm of a delta that decodes, fits and is finite. */
export type WorkerAnswer = Result<AggregationResult, Rejection> | Result<number, Rejection>;

// oxlint-disable-next-line import/no-default-export -- the pool calls a module's default export
export default function work(task: WorkerTask): WorkerAnswer {
  return task.type === "aggregate" ? aggregate(task) : inspect(task);
}

function aggregate(task: AggregateTask): Result<AggregationResult, Rejection> {
  return runAggregation(task.job, {
    sha256: nativeSha256,
    chunkBytes: task.chunkBytes,
    baseWeights: task.baseWeights,
    payloads: task.payloads,
  });
}

function inspect(task: InspectTask): Result<number, Rejection> {
  const delta = decodeDelta(task.payload, { codec: task.codec, model: task.tensors });
  return delta.ok ? ok(normOf(delta.value.map(({ values }) => values))) : delta;
}

function nativeSha256(data: Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}
