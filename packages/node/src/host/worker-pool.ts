// One worker thread for aggregation and for inspecting deltas, behind typed calls. One is enough: its work is rare and
// long, and the other cores belong to signatures, the disk and the other processes of the machine.

import { type DeltaCodec, type Rejection, type Result, type TensorShape, err, rejection } from "@selvedge/integrity";
import type { AggregationJob, AggregationResult } from "@selvedge/ledger";
import { Piscina } from "piscina";
import { NodeError } from "../errors.ts";
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

const WORKER_FILE: string = new URL("worker.ts", import.meta.url).href;

export class WorkerPool implements NumberWork, AsyncDisposable {
  readonly #pool: Piscina;
  #isDisposed = false;

  /** Only tests give another file than the worker's own. */
  constructor(filename: string = WORKER_FILE) {
    this.#pool = new Piscina({
      filename,
      minThreads: 0,
      maxThreads: 1,
      maxQueue: WORKER_QUEUE_MAX_TASKS,
      idleTimeout: 60_000,
    });
  }

  readonly aggregate = (
    job: AggregationJob,
    inputs: AggregationTaskInputs,
  ): Promise<Result<AggregationResult, Rejection>> => {
    const task: AggregateTask = { type: "aggregate", job, ...inputs };
    return this.#run(task);
  };

  /** What the worker cannot get through twice is refused: a payload is somebody's word, and must not end a node. */
  readonly inspect = async (inspection: InspectionTask): Promise<Result<number, Rejection>> => {
    const task: InspectTask = { type: "inspect", ...inspection };
    try {
      return await this.#run<Result<number, Rejection>>(task);
    } catch (error) {
      if (!(error instanceof NodeError && error.code === "WORKER_FAILED")) throw error;
      return err(rejection("DELTA_UNREADABLE", String(error.cause)));
    }
  };

  /** Tasks are functions of their arguments: one whose thread died is given to the next, once. */
  async #run<Answer>(task: AggregateTask | InspectTask): Promise<Answer> {
    try {
      return await this.#once<Answer>(task);
    } catch (cause) {
      if (this.#isDisposed) throw cause;
    }
    try {
      return await this.#once<Answer>(task);
    } catch (cause) {
      if (this.#isDisposed) throw cause;
      throw new NodeError("WORKER_FAILED", `the worker failed twice at the same ${task.type} task`, { cause });
    }
  }

  #once<Answer>(task: AggregateTask | InspectTask): Promise<Answer> {
    return this.#pool.run(task);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#pool.destroy();
  }
}
