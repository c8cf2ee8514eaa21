// The records of all epochs but the first on disk: what a start finds its committee by, and what peers and devices are
// shown. A record is written once, durably, after the closing commit was executed and its snapshot stored.

import { type EpochStart, type Genesis, type Store, decodeEpochStart, epochStartOf } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { EPOCHS_PER_RESPONSE_MAX, RESPONSE_MAX_BYTES } from "../network/limits.ts";
import { orderedNumber } from "../storage/keys.ts";
import { type EpochAt, epochAt } from "./epoch-at.ts";
import { type EpochStep, decodeEpochStep, encodeEpochStep } from "./epoch-record.ts";

const PREFIX = "epoch/";
const END = "epoch0";

export class EpochStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async put(epoch: number, step: EpochStep): Promise<void> {
    const op = { type: "put", space: "meta", key: keyOf(epoch), value: encodeEpochStep(step) } as const;
    await this.#store.batch([op], { sync: true });
  }

  /** Of the step that leads to the epoch; undefined for the first one. */
  record(epoch: number): Promise<Uint8Array | undefined> {
    return this.#store.get("meta", keyOf(epoch));
  }

  async step(epoch: number): Promise<EpochStep | undefined> {
    const record = await this.record(epoch);
    return record === undefined ? undefined : stepIn(record);
  }

  /** Lowest first; never more than an answer holds. */
  async recordsFrom(epoch: number): Promise<readonly Uint8Array[]> {
    const records: Uint8Array[] = [];
    let sizeBytes = 0;
    const range = { gte: keyOf(Math.max(1, epoch)), lt: END, limit: EPOCHS_PER_RESPONSE_MAX };
    for await (const { value } of this.#store.iterate("meta", range)) {
      sizeBytes += value.length;
      if (records.length > 0 && sizeBytes > RESPONSE_MAX_BYTES) break;
      records.push(value);
    }
    return records;
  }

  /** Where the chain stands by what is stored here. */
  async latest(genesis: Genesis): Promise<EpochAt> {
    const starts: EpochStart[] = [];
    for await (const { value } of this.#store.iterate("meta", { gte: PREFIX, lt: END, reverse: true, limit: 2 }))
      starts.push(startIn(value));
    const first = epochStartOf(genesis);
    const [start = first, previous = start === first ? null : first] = starts;
    return epochAt(start, previous);
  }

  async start(epoch: number, genesis: Genesis): Promise<EpochStart | undefined> {
    if (epoch === 0) return epochStartOf(genesis);
    const record = await this.record(epoch);
    return record === undefined ? undefined : startIn(record);
  }
}

function keyOf(epoch: number): string {
  return `${PREFIX}${orderedNumber(epoch)}`;
}

function startIn(record: Uint8Array): EpochStart {
  const start = decodeEpochStart(stepIn(record).proof.startBytes);
  if (start.ok) return start.value;
  throw new NodeError("DATA_CORRUPT", `a stored epoch start does not decode: ${start.error.detail}`);
}

function stepIn(record: Uint8Array): EpochStep {
  const step = decodeEpochStep(record);
  if (step.ok) return step.value;
  throw new NodeError("DATA_CORRUPT", `a stored epoch record does not decode: ${step.error.detail}`);
}
