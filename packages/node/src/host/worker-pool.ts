// One worker thread for aggregation and for inspecting deltas, behind typed calls. One is enough: its work is rare and
// long, and the other cores belong to signatures, the disk and the other processes of the machine.

import type { DeltaCodec, Rejection, Result, TensorShape } from "@selvedge/integrity";
import type { AggregationJob, AggregationResult } from "@selvedge/ledger";
import { Piscina } from "piscina";
import type { AggregateTask, InspectTask } from "./worker.ts";

/** Tasks that may wait for the worker. Aggregations come one at a time; the rest are inspections of arriving payloads. */
const WORKER_QUEUE_MAX_TASKS = 256;

export interface AggregationTaskInputs {
  readonly chunkBytes: number;
  readonly baseWeights: Uint8Array;
  readonly payloads: readonly Uint8Array[];
}

export interface InspectionTask {
  readonly codec: DeltaCodec;
  readonly payload: Uint8Array;
  readonly tensors: readonly TensorShape[];
}

/** What the executor and the payload service need; tests fill it with direct calls. */
export interface NumberWork {
  readonly aggregate: (
    job: AggregationJob,
    inputs: AggregationTaskInputs,
  ) => Promise<Result<AggregationResult, Rejection>>;
  /** The delta's L2 norm, or why it is no delta for these tensors. */
  readonly inspect: (task: InspectionTask) => Promise<Result<number, Rejection>>;
}

export class WorkerPool implements NumberWork, AsyncDisposable {
  readonly #pool = new Piscina({
    filename: new URL("worker.ts", import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    maxQueue: WORKER_QUEUE_MAX_TASKS,
    idleTimeout: 60_000,
  });

  readonly aggregate = (
    job: AggregationJob,
    inputs: AggregationTaskInputs,
  ): Promise<Result<AggregationResult, Rejection>> => {
    const task: AggregateTask = { type: "aggregate", job, ...inputs };
    return this.#pool.run(task);
  };

  readonly inspect = (inspection: InspectionTask): Promise<Result<number, Rejection>> => {
    const task: InspectTask = { type: "inspect", ...inspection };
    return this.#pool.run(task);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}
