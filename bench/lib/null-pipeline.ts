// The least that a network of n nodes can do for the same promise: batch, persist with sync, push to the others, count who
// has it on disk. No signatures, no order, no execution. What consensus costs is measured against it, so everything that
// is not consensus is the node's own: the same store, the same streams, the same pace of batches.

import { type Digest, type Store, type ValidatorIndex, mustExist } from "@selvedge/integrity";
import type { Transport, TransportHandler } from "@selvedge/node";
import { decodeNullFrame, encodeBatchFrame, encodeStoredFrame } from "./null-frame.ts";

/** Below the bound of a peer's queue, so that a push is never dropped: the pipeline has no way to fetch. */
const UNSTORED_BYTES_MAX: number = 2.5 * 1024 * 1024;
/** One batch: below BLOCK_MAX_BYTES. */
const BATCH_BYTES_MAX: number = 1024 * 1024;

export interface NullPipelineSetup {
  readonly store: Store;
  readonly transport: Transport;
  readonly self: ValidatorIndex;
  readonly others: readonly ValidatorIndex[];
  /** Nodes, this one included, that must have a batch on disk before it is acknowledged. */
  readonly quorum: number;
  /** Least time between two batches, as between two blocks of a node. */
  readonly batchDelayMs: number;
  readonly onFailure: (error: unknown) => void;
}

interface Waiting {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

interface OwnBatch {
  readonly digests: readonly Digest[];
  readonly sizeBytes: number;
  storedBy: number;
}

export class NullPipeline {
  readonly #setup: NullPipelineSetup;
  #queue: Waiting[] = [];
  /** Who waits for it, by transaction that is not acknowledged yet. */
  readonly #pending = new Map<Digest, (() => void)[]>();
  /** For as long as the process lives, which is one run. */
  readonly #known = new Set<Digest>();
  readonly #open = new Map<number, OwnBatch>();
  #unstoredBytes = 0;
  #sequence = 0;
  #lastBatchMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(setup: NullPipelineSetup) {
    this.#setup = setup;
  }

  /** Takes a transaction that is not known yet. */
  submit(digest: Digest, bytes: Uint8Array): void {
    this.#known.add(digest);
    this.#pending.set(digest, []);
    this.#queue.push({ digest, bytes });
    this.#schedule();
  }

  /** Resolves once a quorum has it on disk, or when the signal aborts. */
  wait(digest: Digest, signal: AbortSignal): Promise<void> {
    const waiters = this.#pending.get(digest);
    if (waiters === undefined || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      waiters.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  isPending(digest: Digest): boolean {
    return this.#pending.has(digest);
  }

  isKnown(digest: Digest): boolean {
    return this.#known.has(digest);
  }

  readonly handler: TransportHandler = {
    onBlocks: async (from, frames) => {
      if (from.kind === "validator") await this.#take(from.index, frames);
    },
    onPayloadOffer: nothing,
    onPayloadChunk: nothing,
    serveBlocks: async () => [],
    servePayload: async () => undefined,
    serveChain: () => Promise.resolve(undefined),
    onPeerChange: () => undefined,
  };

  #schedule(): void {
    if (this.#timer !== undefined || this.#queue.length === 0 || this.#unstoredBytes > UNSTORED_BYTES_MAX) return;
    const waitMs = Math.max(0, this.#lastBatchMs + this.#setup.batchDelayMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#seal().catch(this.#setup.onFailure);
    }, waitMs);
  }

  async #seal(): Promise<void> {
    const { store, self, others, transport } = this.#setup;
    this.#lastBatchMs = performance.now();
    const taken = this.#takeQueued();
    const sequence = (this.#sequence += 1);
    const frame = encodeBatchFrame(
      sequence,
      taken.map(({ bytes }) => bytes),
    );
    this.#open.set(sequence, { digests: taken.map(({ digest }) => digest), sizeBytes: frame.length, storedBy: 0 });
    this.#unstoredBytes += frame.length;
    this.#schedule();
    // As a validator does: nothing leaves before it is on its own disk.
    await store.batch([{ type: "put", space: "blocks", key: batchKey(self, sequence), value: frame }], { sync: true });
    for (const to of others) {
      if (!transport.pushBlocks(to, [frame])) throw new Error(`the queue of node ${to} is full`);
    }
    this.#onStored(sequence);
  }

  #takeQueued(): Waiting[] {
    let sizeBytes = 0;
    const end = this.#queue.findIndex(({ bytes }) => (sizeBytes += bytes.length) > BATCH_BYTES_MAX);
    return this.#queue.splice(0, end <= 0 ? this.#queue.length : end);
  }

  async #take(from: ValidatorIndex, frames: readonly Uint8Array[]): Promise<void> {
    const batches = [];
    for (const bytes of frames) {
      const frame = decodeNullFrame(bytes);
      if (frame.type === "stored") this.#onStored(frame.sequence);
      else batches.push({ sequence: frame.sequence, bytes });
    }
    if (batches.length === 0) return;
    const ops = batches.map(({ sequence, bytes }) => ({
      type: "put" as const,
      space: "blocks" as const,
      key: batchKey(from, sequence),
      value: bytes,
    }));
    await this.#setup.store.batch(ops, { sync: true });
    this.#setup.transport.pushBlocks(
      from,
      batches.map(({ sequence }) => encodeStoredFrame(sequence)),
    );
  }

  #onStored(sequence: number): void {
    const batch = mustExist(this.#open.get(sequence), "only own batches are confirmed");
    batch.storedBy += 1;
    if (batch.storedBy === this.#setup.quorum) for (const digest of batch.digests) this.#acknowledge(digest);
    if (batch.storedBy <= this.#setup.others.length) return;
    this.#open.delete(sequence);
    this.#unstoredBytes -= batch.sizeBytes;
    this.#schedule();
  }

  #acknowledge(digest: Digest): void {
    const waiters = this.#pending.get(digest) ?? [];
    this.#pending.delete(digest);
    for (const resolve of waiters) resolve();
  }
}

function batchKey(author: ValidatorIndex, sequence: number): string {
  return `${author}/${sequence.toString(16).padStart(8, "0")}`;
}

async function nothing(): Promise<void> {
  // Null nodes exchange batches alone.
}
