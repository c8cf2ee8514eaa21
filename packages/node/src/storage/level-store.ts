// The Store port over LevelDB. One database a node; a space is a key prefix, which orders and separates like a sublevel
// at less cost per record. LevelDB hands out flipped bits without a word, so every value carries a seal that is checked
// before anybody sees it. `open` never creates: a database that has lost its CURRENT file must be refused, not replaced.

import {
  type BatchOptions,
  type Sha256,
  type Store,
  StoreError,
  type StoreEntry,
  type StoreKey,
  type StoreOp,
  type StoreRange,
  type StoreSpace,
  assertStoreKey,
  assertStoreRange,
  sealRecord,
  unsealRecord,
} from "@selvedge/integrity";
import { Level } from "level";
import { NodeError } from "../errors.ts";

const PREFIX: Readonly<Record<StoreSpace, string>> = {
  blocks: "b/",
  commits: "c/",
  state: "s/",
  versions: "v/",
  payload: "p/",
  meta: "m/",
};
/** '0' follows '/', so this is the end of every key of a space. */
const SPACE_END = "0";
/** Bytes that an iterator reads ahead. */
const READ_AHEAD_BYTES = 256 * 1024;

type Database = Level<string, Uint8Array>;

export interface LevelStoreOptions {
  readonly folder: string;
  readonly sha256: Sha256;
  /** Only `init` creates. */
  readonly create: boolean;
}

export class LevelStore implements Store {
  readonly #database: Database;
  readonly #sha256: Sha256;
  #closing: Promise<void> | undefined;

  /** Over a database that is open already; `open` is the usual way. */
  constructor(database: Database, sha256: Sha256) {
    this.#database = database;
    this.#sha256 = sha256;
  }

  static async open(options: LevelStoreOptions): Promise<LevelStore> {
    const database: Database = new Level(options.folder, {
      keyEncoding: "utf8",
      valueEncoding: "view",
      createIfMissing: options.create,
      errorIfExists: options.create,
      // Deltas do not compress; reading is three times as fast without trying.
      compression: false,
    });
    try {
      await database.open();
    } catch (cause) {
      throw openFailure(options, cause);
    }
    return new LevelStore(database, options.sha256);
  }

  readonly get = async (space: StoreSpace, key: StoreKey): Promise<Uint8Array | undefined> => {
    assertStoreKey(key);
    this.#checkOpen();
    const sealed = await this.#guard(() => this.#database.get(PREFIX[space] + key));
    return sealed === undefined ? undefined : this.#unseal({ space, key }, sealed);
  };

  readonly getMany = async (
    space: StoreSpace,
    keys: readonly StoreKey[],
  ): Promise<readonly (Uint8Array | undefined)[]> => {
    for (const key of keys) assertStoreKey(key);
    this.#checkOpen();
    const found = await this.#guard(() => this.#database.getMany(keys.map((key) => PREFIX[space] + key)));
    return keys.map((key, position) => {
      const sealed = found[position];
      return sealed === undefined ? undefined : this.#unseal({ space, key }, sealed);
    });
  };

  readonly batch = async (ops: readonly StoreOp[], { sync }: BatchOptions): Promise<void> => {
    for (const { key } of ops) assertStoreKey(key);
    this.#checkOpen();
    const sealed = ops.map((op) =>
      op.type === "put"
        ? { type: "put" as const, key: PREFIX[op.space] + op.key, value: sealRecord(this.#sha256, op, op.value) }
        : { type: "del" as const, key: PREFIX[op.space] + op.key },
    );
    await this.#guard(() => this.#database.batch(sealed, { sync }));
  };

  readonly iterate = (space: StoreSpace, range: StoreRange = {}): AsyncIterable<StoreEntry> => {
    assertStoreRange(range);
    return this.#entries(space, range);
  };

  readonly close = (): Promise<void> => {
    this.#closing ??= this.#guard(() => this.#database.close());
    return this.#closing;
  };

  async *#entries(space: StoreSpace, range: StoreRange): AsyncGenerator<StoreEntry, void, undefined> {
    this.#checkOpen();
    if (range.limit === 0) return;
    const prefix = PREFIX[space];
    const iterator = this.#database.iterator({
      gte: prefix + (range.gte ?? ""),
      lt: range.lt === undefined ? prefix.slice(0, -1) + SPACE_END : prefix + range.lt,
      reverse: range.reverse ?? false,
      limit: range.limit ?? -1,
      highWaterMarkBytes: READ_AHEAD_BYTES,
    });
    try {
      for (;;) {
        const entry = await this.#guard(() => iterator.next());
        if (entry === undefined) return;
        const key = entry[0].slice(prefix.length);
        yield { key, value: this.#unseal({ space, key }, entry[1]) };
      }
    } finally {
      await iterator.close();
    }
  }

  #unseal(address: { readonly space: StoreSpace; readonly key: StoreKey }, sealed: Uint8Array): Uint8Array {
    const value = unsealRecord(this.#sha256, address, sealed);
    // LevelDB's values are Buffers; what leaves here is plain bytes.
    if (value.ok) return new Uint8Array(value.value.buffer, value.value.byteOffset, value.value.length);
    throw new StoreError(
      "STORE_CORRUPT",
      `the record "${address.key}" of ${address.space} is damaged: ${value.error.detail}`,
      address,
    );
  }

  async #guard<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (cause) {
      const isClosed = hasCode(cause, "LEVEL_DATABASE_NOT_OPEN") || hasCode(cause, "LEVEL_ITERATOR_NOT_OPEN");
      if (isClosed) throw new StoreError("STORE_CLOSED", "the store is closed", { cause });
      throw new StoreError("STORE_IO", "LevelDB failed", { cause });
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new StoreError("STORE_CLOSED", "the store is closed");
  }
}

function openFailure({ folder, create }: LevelStoreOptions, cause: unknown): NodeError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (hasCode(reason, "LEVEL_LOCKED")) {
    return new NodeError("HOME_IN_USE", `${folder} is in use by another process`, { cause });
  }
  const text = reason instanceof Error ? reason.message : String(reason);
  if (create && text.includes("exists"))
    return new NodeError("HOME_EXISTS", `${folder} holds a database already`, { cause });
  if (text.includes("does not exist")) {
    return new NodeError("DATA_CORRUPT", `there is no database in ${folder}: it was removed or never made`, { cause });
  }
  return new NodeError("DATA_CORRUPT", `cannot open the database in ${folder}: ${text}`, { cause });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
