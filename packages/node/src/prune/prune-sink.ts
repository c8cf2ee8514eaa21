// Where a pass puts what it removes: batches for the store, or for a dry run only their size. Counts both alike.

import type { Store, StoreOp, StoreSpace } from "@selvedge/integrity";

/** Operations in a batch: small, so that a running node's own writes never wait long. */
export const BATCH_OPS_MAX = 512;
/** Seal and framing that each record costs on disk besides key and value. */
const RECORD_OVERHEAD_BYTES = 48;

export interface PruneTotals {
  commits: number;
  blocks: number;
  updates: number;
  payloads: number;
  /** Bytes of removed records, less those written in their place. */
  bytes: number;
}

export interface SinkOptions {
  readonly store: Store;
  readonly isDryRun: boolean;
  readonly batchOpsMax: number;
  /** Called between two batches; a running node waits in it, and a stop is thrown from it. */
  readonly pace: () => Promise<void>;
}

export class PruneSink {
  readonly totals: PruneTotals = { commits: 0, blocks: 0, updates: 0, payloads: 0, bytes: 0 };
  readonly #options: SinkOptions;
  #ops: StoreOp[] = [];

  constructor(options: SinkOptions) {
    this.#options = options;
  }

  put(op: StoreOp): void {
    if (op.type === "put") this.totals.bytes -= op.key.length + op.value.length + RECORD_OVERHEAD_BYTES;
    this.#ops.push(op);
  }

  remove(space: StoreSpace, key: string, valueBytes: number): void {
    this.totals.bytes += key.length + valueBytes + RECORD_OVERHEAD_BYTES;
    this.#ops.push({ type: "delete", space, key });
  }

  /** Ends a unit that must go together; writes once enough units are gathered. */
  async endUnit(): Promise<void> {
    if (this.#ops.length >= this.#options.batchOpsMax) await this.flush();
  }

  async flush(): Promise<void> {
    const ops = this.#ops;
    this.#ops = [];
    if (ops.length === 0) return;
    // Without a sync: a removal that a crash undoes is done again, and the mark that allows it was synced before.
    if (!this.#options.isDryRun) await this.#options.store.batch(ops, { sync: false });
    await this.#options.pace();
  }

  /** Written at once and synced, or in a dry run not at all. */
  async writeSynced(ops: readonly StoreOp[]): Promise<void> {
    await this.flush();
    if (!this.#options.isDryRun) await this.#options.store.batch(ops, { sync: true });
  }
}
