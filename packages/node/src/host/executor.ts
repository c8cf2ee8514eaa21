// Executes ordered commits one after the other: ledger, aggregation in the worker, results on disk, then the state root
// back to the engine. Consensus runs ahead meanwhile, up to `executionLagMax` commits: then the host loop waits.

import type { CommitEffect } from "@selvedge/consensus";
import { type CommitIndex, type Digest, assert } from "@selvedge/integrity";
import type {
  AggregationJob,
  AggregationOutcome,
  ApplyResult,
  CommitInput,
  DoneResult,
  Ledger,
} from "@selvedge/ledger";
import { NodeError } from "../errors.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { NumberWork } from "./worker-pool.ts";

export interface ExecutorSetup {
  readonly ledger: Ledger;
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  /** Gets a payload or weights file from the store or, failing that, from other nodes. */
  readonly obtain: (wanted: { readonly payloadRoot: Digest; readonly payloadBytes: number }) => Promise<Uint8Array>;
  readonly work: NumberWork;
  readonly chunkBytes: number;
  readonly snapshotEveryCommits: number;
  /** Commits that execution may lag behind the order. */
  readonly lagMax: number;
  /** A snapshot was stored. */
  readonly onSnapshot?: (index: CommitIndex, snapshot: Uint8Array) => Promise<void>;
  readonly onExecuted: (result: DoneResult) => void;
}

export class Executor {
  readonly #setup: ExecutorSetup;
  #queue: CommitInput[] = [];
  #running: Promise<void> | undefined;
  #isStopped = false;
  /** Who waits for room, released once the lag is within its bound. */
  #waiting: (() => void)[] = [];
  /** Who waits for the next commit to be executed. */
  #executed: (() => void)[] = [];
  readonly #onFailure: (error: unknown) => void;

  constructor(setup: ExecutorSetup, onFailure: (error: unknown) => void) {
    this.#setup = setup;
    this.#onFailure = onFailure;
  }

  get queuedCount(): number {
    return this.#queue.length;
  }

  /** Resolves once at most so many commits are queued, or when the executor stops. */
  async roomFor(lagMax: number): Promise<void> {
    while (this.#queue.length > lagMax && !this.#isStopped) {
      await new Promise<void>((resolve) => this.#executed.push(resolve));
    }
  }

  /** Undefined unless execution lags too far; then resolves when it does no longer, or when the executor stops. */
  roomToRunAhead(): Promise<void> | undefined {
    if (this.#queue.length <= this.#setup.lagMax || this.#isStopped) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  enqueue({
    sealed,
    blocks,
    consensusStateDigest,
  }: Pick<CommitEffect, "sealed" | "blocks" | "consensusStateDigest">): void {
    if (this.#isStopped || sealed.commit.index <= this.#setup.ledger.lastCommitIndex()) return;
    this.#queue.push({ commit: sealed, blocks, consensusStateDigest });
    this.#running ??= this.#drain();
  }

  /** Waits for the commit that is being executed; drops what is queued, which a restart executes again. */
  async stop(): Promise<void> {
    this.#end();
    await this.#running;
  }

  /** Nothing more is executed, and nobody is kept waiting for it. */
  #end(): void {
    this.#isStopped = true;
    this.#queue = [];
    this.#release();
  }

  /** Resolves once nothing is queued. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        await this.#execute(next);
        for (const resolve of this.#executed.splice(0)) resolve();
        if (this.#queue.length <= this.#setup.lagMax) this.#release();
      }
    } catch (error) {
      const wasStopped = this.#isStopped;
      // The ledger stands in the middle of a commit: nothing can be executed after it.
      this.#end();
      if (!wasStopped) this.#onFailure(error);
    } finally {
      this.#running = undefined;
    }
  }

  #release(): void {
    if (this.#isStopped) for (const resolve of this.#executed.splice(0)) resolve();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #execute(input: CommitInput): Promise<void> {
    const { ledger, state, snapshotEveryCommits, onExecuted } = this.#setup;
    let result: ApplyResult = ledger.apply(input);
    while (result.type === "aggregate") {
      const [job] = result.jobs;
      assert(job !== undefined, "an aggregate result has an open job");
      result = ledger.complete(job.id, await this.#aggregate(job));
    }
    // The next epoch goes on from the state of the commit that closes this one, also after a crash.
    const isLast = result.events.some(({ type }) => type === "epochClosed");
    const isSnapshotDue = isLast || result.index % snapshotEveryCommits === 0;
    const snapshot = isSnapshotDue ? ledger.exportSnapshot() : undefined;
    await state.putExecuted({ ...result, snapshot });
    if (snapshot !== undefined) await this.#setup.onSnapshot?.(result.index, snapshot);
    onExecuted(result);
  }

  async #aggregate(job: AggregationJob): Promise<AggregationOutcome> {
    const { obtain, work, chunkBytes, payloads } = this.#setup;
    const baseWeights = await obtain({ payloadRoot: job.baseWeightsRoot, payloadBytes: job.baseWeightsBytes });
    const deltas: Uint8Array[] = [];
    for (const update of job.updates) {
      deltas.push(await obtain(update));
    }
    const result = await work.aggregate(job, { chunkBytes, baseWeights, payloads: deltas });
    if (!result.ok) {
      // Every input was checked against its root and shape before it was certified, so this is damage or a bug of ours.
      throw new NodeError("STATE_DIVERGED", `version ${job.version} of ${job.modelId}: ${result.error.detail}`);
    }
    await payloads.putWhole(result.value.weights, chunkBytes);
    return result.value.outcome;
  }
}
