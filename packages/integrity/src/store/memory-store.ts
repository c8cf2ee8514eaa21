// The Store in memory: for tests, the simulator and clients that keep nothing. A MemoryDisk outlives the stores opened on
// it, as a folder outlives a process, and can be damaged beneath them on purpose.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";
import { sealRecord, unsealRecord } from "./sealed-record.ts";
import {
  type BatchOptions,
  type Store,
  StoreError,
  type StoreEntry,
  type StoreKey,
  type StoreOp,
  type StoreRange,
  type StoreSpace,
  assertStoreKey,
  assertStoreRange,
} from "./store.ts";

export class MemoryDisk {
  /** Sealed records. A record's bytes are replaced, never written into. */
  readonly #spaces = new Map<StoreSpace, Map<StoreKey, Uint8Array>>();

  read(space: StoreSpace, key: StoreKey): Uint8Array | undefined {
    return this.#spaces.get(space)?.get(key);
  }

  write(space: StoreSpace, key: StoreKey, sealed: Uint8Array): void {
    const records = this.#spaces.get(space) ?? new Map<StoreKey, Uint8Array>();
    records.set(key, sealed);
    this.#spaces.set(space, records);
  }

  remove(space: StoreSpace, key: StoreKey): void {
    this.#spaces.get(space)?.delete(key);
  }

  /** Keys of a space in no promised order. */
  keys(space: StoreSpace): StoreKey[] {
    return [...(this.#spaces.get(space)?.keys() ?? [])];
  }

  /** A failing medium: flips one bit of a record, seal included. */
  flipBit(space: StoreSpace, key: StoreKey, bit = 0): void {
    const sealed = this.read(space, key);
    assert(sealed !== undefined && bit < 8 * sealed.length, "the damaged bit is in a record that is there");
    const damaged = sealed.slice();
    const at = Math.floor(bit / 8);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit % 8));
    this.write(space, key, damaged);
  }
}

export class MemoryStore implements Store {
  readonly #sha256: Sha256;
  readonly #disk: MemoryDisk;
  #isClosed = false;

  constructor(sha256: Sha256, disk: MemoryDisk = new MemoryDisk()) {
    this.#sha256 = sha256;
    this.#disk = disk;
  }

  readonly get = async (space: StoreSpace, key: StoreKey): Promise<Uint8Array | undefined> => {
    this.#checkOpen();
    return this.#read(space, key);
  };

  readonly getMany = async (
    space: StoreSpace,
    keys: readonly StoreKey[],
  ): Promise<readonly (Uint8Array | undefined)[]> => {
    this.#checkOpen();
    return keys.map((key) => this.#read(space, key));
  };

  readonly batch = async (ops: readonly StoreOp[], _options: BatchOptions): Promise<void> => {
    this.#checkOpen();
    // All keys first: a bad one must not leave half a batch behind.
    for (const { key } of ops) assertStoreKey(key);
    for (const op of ops) {
      if (op.type === "put") this.#disk.write(op.space, op.key, sealRecord(this.#sha256, op, op.value));
      else this.#disk.remove(op.space, op.key);
    }
  };

  readonly iterate = (space: StoreSpace, range: StoreRange = {}): AsyncIterable<StoreEntry> => {
    assertStoreRange(range);
    return this.#entries(space, range);
  };

  readonly close = async (): Promise<void> => {
    this.#isClosed = true;
  };

  async *#entries(space: StoreSpace, range: StoreRange): AsyncGenerator<StoreEntry, void, undefined> {
    this.#checkOpen();
    // Records are replaced and not written into, so holding them is a snapshot.
    const snapshot = this.#keysIn(space, range).map((key) => ({ key, sealed: this.#disk.read(space, key) }));
    for (const { key, sealed } of snapshot) {
      this.#checkOpen();
      if (sealed !== undefined) yield { key, value: this.#unseal(space, key, sealed) };
    }
  }

  #keysIn(space: StoreSpace, { gte = "", lt, reverse = false, limit }: StoreRange): StoreKey[] {
    const keys = this.#disk.keys(space).filter((key) => key >= gte && (lt === undefined || key < lt));
    keys.sort((left, right) => (left < right ? -1 : 1));
    if (reverse) keys.reverse();
    return limit === undefined ? keys : keys.slice(0, limit);
  }

  #read(space: StoreSpace, key: StoreKey): Uint8Array | undefined {
    assertStoreKey(key);
    const sealed = this.#disk.read(space, key);
    return sealed === undefined ? undefined : this.#unseal(space, key, sealed);
  }

  #unseal(space: StoreSpace, key: StoreKey, sealed: Uint8Array): Uint8Array {
    const value = unsealRecord(this.#sha256, { space, key }, sealed);
    if (value.ok) return value.value;
    throw new StoreError("STORE_CORRUPT", `the record "${key}" of ${space} is damaged: ${value.error.code}`, {
      space,
      key,
    });
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StoreError("STORE_CLOSED", "the store is closed");
  }
}
