// Executes ordered commits on the real ledger, one after the other, fetching the payloads that a closing version needs.
// Lagging behind the order is allowed; execution waits for a payload, consensus does not.

import type { ExecutedInput } from "@selvedge/consensus";
import { type Digest, type UpdateDigest, digestOf, digestToBytes, updateKeyOf } from "@selvedge/integrity";
import {
  type AggregationJob,
  type ApplyResult,
  type CommitInput,
  type DoneResult,
  type Ledger,
  createLedger,
  restoreLedger,
  runAggregation,
} from "@selvedge/ledger";
import type { ProcessPorts } from "../protocol/protocol.ts";
import { sha256 } from "./modelled-crypto.ts";
import type { PayloadShelf } from "./payload-shelf.ts";
import { SIM_CHUNK_BYTES, type SelvedgeFacts } from "./selvedge-chain.ts";
import { snapshotRecord } from "./selvedge-store.ts";
import { SimDiskError } from "./sim-disk.ts";

/** Commits between two snapshots of the ledger. */
const SNAPSHOT_EVERY = 50;

export interface ExecutorSetup {
  readonly facts: SelvedgeFacts;
  readonly ports: ProcessPorts;
  readonly shelf: PayloadShelf;
  readonly snapshot: Uint8Array | undefined;
  readonly onExecuted: (executed: ExecutedInput) => void;
}

export class CommitExecutor {
  readonly #setup: ExecutorSetup;
  readonly #ledger: Ledger;
  readonly #queue: CommitInput[] = [];
  /** Update keys by digest: events of the ledger name updates by digest alone. */
  readonly #keys = new Map<string, string>();
  #isBusy = false;

  constructor(setup: ExecutorSetup) {
    this.#setup = setup;
    const { genesis, chainId, committee, crypto } = setup.facts;
    const options = { genesis, chainId, committee, crypto };
    const restored = setup.snapshot === undefined ? undefined : restoreLedger(options, setup.snapshot);
    if (restored !== undefined && !restored.ok) throw new SimDiskError("SIM_DISK_CORRUPT", restored.error.detail);
    this.#ledger = restored === undefined ? createLedger(options) : restored.value;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get waitingCount(): number {
    return this.#queue.length;
  }

  push(input: CommitInput): void {
    for (const { body } of input.blocks)
      for (const { digest, header } of body.updates) this.#keys.set(digest, updateKeyOf(header));
    this.#queue.push(input);
    this.#next();
  }

  #next(): void {
    while (!this.#isBusy) {
      const input = this.#queue.shift();
      if (input === undefined) return;
      this.#isBusy = true;
      this.#continue(this.#ledger.apply(input));
    }
  }

  #continue(result: ApplyResult): void {
    if (result.type === "done") {
      this.#finish(result);
      this.#isBusy = false;
      return;
    }
    const [job] = result.jobs;
    if (job !== undefined) this.#aggregate(job);
  }

  #aggregate(job: AggregationJob): void {
    const wanted = [job.baseWeightsRoot, ...job.updates.map(({ payloadRoot }) => payloadRoot)];
    const missing = wanted.find((root) => this.#setup.shelf.get(root) === undefined);
    if (missing !== undefined) {
      this.#setup.shelf.find(missing, 0, () => this.#resume(job));
      return;
    }
    const [base = new Uint8Array(0), ...payloads] = wanted.map(
      (root) => this.#setup.shelf.get(root) ?? new Uint8Array(0),
    );
    const done = runAggregation(job, { sha256, chunkBytes: SIM_CHUNK_BYTES, baseWeights: base, payloads });
    if (!done.ok) throw new Error(`aggregation of ${job.id}: ${done.error.code} ${done.error.detail}`);
    this.#setup.shelf.put(done.value.outcome.weightsRoot, done.value.weights);
    this.#continue(this.#ledger.complete(job.id, done.value.outcome));
  }

  /** A payload came, or nobody had it: then it is looked for again. */
  #resume(job: AggregationJob): void {
    this.#aggregate(job);
    this.#next();
  }

  /** A header that the snapshot of a restart holds is in none of the commits that came after it. */
  #keyOf(update: UpdateDigest): string {
    const pending = this.#ledger.pendingUpdate(update);
    return this.#keys.get(update) ?? (pending === undefined ? "" : updateKeyOf(pending.header));
  }

  #finish({ index, stateRoot, events, closed }: DoneResult): void {
    const { ports, onExecuted } = this.#setup;
    const certified = events.flatMap((event) =>
      event.type === "updateCertified" ? [{ update: event.update, key: this.#keyOf(event.update) }] : [],
    );
    const versions = events.flatMap((event) =>
      event.type === "versionClosed"
        ? [
            {
              model: event.record.record.modelId,
              version: event.record.record.version,
              digest: event.record.digest,
              updates: event.record.record.updates.map(({ update }) => update),
            },
          ]
        : [],
    );
    ports.observe({ type: "executed", index, stateRoot, certified, versions });
    if (index % SNAPSHOT_EVERY === 0)
      ports.disk.write({ records: [snapshotRecord(this.#ledger.exportSnapshot())], sync: false });
    onExecuted({ type: "executed", index, stateRoot, closed });
  }
}

/** What stands for the state root where a scenario runs without a ledger. */
export function stateRootWithoutLedger(commitDigest: Digest): Digest {
  return digestOf(sha256, "ledger", digestToBytes(commitDigest));
}
