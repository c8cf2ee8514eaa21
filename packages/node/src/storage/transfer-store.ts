// A state on its way here: what is being fetched and the portions that have come, so that a fetch that a crash cuts off goes
// on where it was. Nothing of it is used before it is whole and its root is the certified one. Also remembers that a state
// is needed at all: a node whose commits nobody continues any more takes one at its next start.

import { type Store, type StoreOp, commitIndex, validatorIndex, wireInteger } from "@selvedge/integrity";
import type { CommitIndex, ValidatorIndex } from "@selvedge/integrity";
import { orderedNumber } from "./keys.ts";
import { bytesField, countField, decodeTuple, encodeTuple } from "./stored-tuple.ts";

const PREFIX = "state-transfer/";
const END = "state-transfer0";
const HEAD_KEY = `${PREFIX}head`;
const PORTION_PREFIX = `${PREFIX}portion/`;
const WANTED_KEY = "state-wanted";

export interface Transfer {
  readonly index: CommitIndex;
  /** SHA-256 of each portion, one after the other. */
  readonly manifest: Uint8Array;
  readonly certificate: Uint8Array;
  /** Whose manifest it is. */
  readonly source: ValidatorIndex;
}

export class TransferStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async read(): Promise<Transfer | undefined> {
    const stored = await this.#store.get("meta", HEAD_KEY);
    if (stored === undefined) return undefined;
    const [index, manifest, certificate, source] = decodeTuple(stored, "state transfer", 4);
    return {
      index: commitIndex(countField(index, "state transfer")),
      manifest: bytesField(manifest, "state transfer"),
      certificate: bytesField(certificate, "state transfer"),
      source: validatorIndex(countField(source, "state transfer")),
    };
  }

  async begin({ index, manifest, certificate, source }: Transfer): Promise<void> {
    await this.clear();
    const value = encodeTuple([wireInteger(index), manifest, certificate, wireInteger(source)]);
    await this.#store.batch([{ type: "put", space: "meta", key: HEAD_KEY, value }], { sync: true });
  }

  async putPortion(number: number, bytes: Uint8Array): Promise<void> {
    await this.#store.batch([{ type: "put", space: "meta", key: portionKey(number), value: bytes }], { sync: false });
  }

  portion(number: number): Promise<Uint8Array | undefined> {
    return this.#store.get("meta", portionKey(number));
  }

  /** Numbers of the portions that are here. */
  async portions(): Promise<ReadonlySet<number>> {
    const numbers = new Set<number>();
    for await (const { key } of this.#store.iterate("meta", { gte: PORTION_PREFIX, lt: END }))
      numbers.add(Number.parseInt(key.slice(PORTION_PREFIX.length), 16));
    return numbers;
  }

  async clear(): Promise<void> {
    const ops: StoreOp[] = [{ type: "delete", space: "meta", key: WANTED_KEY }];
    for await (const { key } of this.#store.iterate("meta", { gte: PREFIX, lt: END }))
      ops.push({ type: "delete", space: "meta", key });
    await this.#store.batch(ops, { sync: true });
  }

  /** At its next start this node takes a state, whatever it has. */
  async want(): Promise<void> {
    const op: StoreOp = { type: "put", space: "meta", key: WANTED_KEY, value: new Uint8Array(0) };
    await this.#store.batch([op], { sync: true });
  }

  /** Wanted, or begun and not ended. */
  async isDue(): Promise<boolean> {
    const isWanted = (await this.#store.get("meta", WANTED_KEY)) !== undefined;
    return isWanted || (await this.read()) !== undefined;
  }
}

function portionKey(number: number): string {
  return `${PORTION_PREFIX}${orderedNumber(number)}`;
}
