// The Store port over LevelDB. One database a node; a space is a key prefix, which orders and separates like a sublevel
// at less cost per record. LevelDB hands out flipped bits without a word, so every value carries a seal that is checked
// before anybody sees it. `open` never creates: a database that has lost its CURRENT file must be refused, not replaced.
// Batches are numbered, so that one that was acknowledged and is gone is missed; after a failed write nothing more is
// written, because what a failed sync left on the disk is unknown. Its files are checked in open-store.ts.

import {
  type BatchOptions,
  STORE_SPACES,
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
  isStoreKey,
  sealRecord,
  unsealRecord,
  wireInteger,
} from "@selvedge/integrity";
import { Level } from "level";
import { NodeError } from "../errors.ts";
import { BatchMark } from "./batch-mark.ts";
import type { KeyRange } from "./leveldb/table.ts";
import { countField, decodeTuple, encodeTuple } from "./stored-tuple.ts";

const PREFIX: Readonly<Record<StoreSpace, string>> = {
  blocks: "b/",
  commits: "c/",
  state: "s/",
  versions: "v/",
  payload: "p/",
  meta: "m/",
};
const SPACE_OF_PREFIX: ReadonlyMap<string, StoreSpace> = new Map(STORE_SPACES.map((space) => [PREFIX[space], space]));
/** '0' follows '/', so this is the end of every key of a space. */
const SPACE_END = "0";
/** Outside all spaces: the number of the newest batch. */
const NUMBER_KEY = "~/batch-number";
const NUMBER_ADDRESS = { space: "meta", key: "~batch-number" } as const;
/** Bytes that an iterator reads ahead. */
const READ_AHEAD_BYTES = 256 * 1024;

type Database = Level<string, Uint8Array>;

export interface LevelStoreOptions {
  readonly folder: string;
  readonly sha256: Sha256;
  /** Only `init` creates. */
  readonly create: boolean;
  /** Go on from an older state, which whoever asks for it deals with; otherwise missing batches are DATA_CORRUPT. */
  readonly acceptsLoss?: boolean;
  /** To be used in place of one made here: tests put one that fails. Not open yet. */
  readonly database?: Database;
  /** Called once after the close. */
  readonly onClosed?: () => Promise<void>;
}

export class LevelStore implements Store {
  readonly #database: Database;
  readonly #sha256: Sha256;
  readonly #mark: BatchMark;
  readonly #onClosed: (() => Promise<void>) | undefined;
  /** Acknowledged batches that were gone when it was opened. */
  readonly lostBatches: number;
  #number: number;
  #onCorrupt: ((error: StoreError) => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: StoreError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(database: Database, options: LevelStoreOptions, opened: { mark: BatchMark; number: number }) {
    this.#database = database;
    this.#sha256 = options.sha256;
    this.#mark = opened.mark;
    this.#onClosed = options.onClosed;
    this.#number = opened.number;
    this.lostBatches = Math.max(0, opened.mark.number - opened.number);
  }

  static async open(options: LevelStoreOptions): Promise<LevelStore> {
    const database = options.database ?? databaseIn(options.folder, options.create);
    try {
      await database.open();
    } catch (cause) {
      throw openFailure(options, cause);
    }
    let mark: BatchMark | undefined;
    try {
      const path = markPath(options.folder);
      mark = options.create ? await BatchMark.create(path) : await BatchMark.open(path);
      const number = await storedNumber(database, options, mark);
      if (number < mark.number) await mark.write(number);
      return new LevelStore(database, options, { mark, number });
    } catch (error) {
      await mark?.close();
      await database.close();
      throw error;
    }
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
    // Sealed now: the caller may write into its values once this has returned.
    const sealed = ops.map((op) =>
      op.type === "put"
        ? { type: "put" as const, key: PREFIX[op.space] + op.key, value: sealRecord(this.#sha256, op, op.value) }
        : { type: "del" as const, key: PREFIX[op.space] + op.key },
    );
    const written = this.#writing.then(() => this.#write(sealed, sync));
    this.#writing = written.catch(() => undefined);
    await written;
  };

  readonly iterate = (space: StoreSpace, range: StoreRange = {}): AsyncIterable<StoreEntry> => {
    assertStoreRange(range);
    return this.#entries(space, range);
  };

  /** Rewrites the files that hold a range, so that what was removed from it leaves the disk. */
  readonly compact = async (
    space: StoreSpace,
    { gte, lt }: { readonly gte: string; readonly lt: string },
  ): Promise<void> => {
    this.#checkOpen();
    const database: object = this.#database;
    // In a browser's build of LevelDB there is no such thing.
    if (!canCompact(database)) return;
    await this.#guard(() => database.compactRange(PREFIX[space] + gte, PREFIX[space] + lt));
  };

  /** Every record of every space, all as they were at one moment. */
  async *everything(): AsyncGenerator<StoreEntry & { readonly space: StoreSpace }, void, undefined> {
    this.#checkOpen();
    const iterator = this.#database.iterator({ highWaterMarkBytes: READ_AHEAD_BYTES });
    try {
      for (;;) {
        const entry = await this.#guard(() => iterator.next());
        if (entry === undefined) return;
        const space = SPACE_OF_PREFIX.get(entry[0].slice(0, 2));
        if (space === undefined) continue;
        const key = entry[0].slice(2);
        yield { space, key, value: this.#unseal({ space, key }, entry[1]) };
      }
    } finally {
      await iterator.close();
    }
  }

  readonly close = (): Promise<void> => {
    this.#closing ??= this.#close();
    return this.#closing;
  };

  async #write(sealed: readonly SealedOp[], sync: boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const number = this.#number + 1;
    const value = sealRecord(this.#sha256, NUMBER_ADDRESS, encodeTuple([wireInteger(number)]));
    try {
      await this.#guard(() => this.#database.batch([...sealed, { type: "put", key: NUMBER_KEY, value }], { sync }));
      this.#number = number;
      if (sync) await this.#mark.write(number);
    } catch (cause) {
      this.#failure = cause instanceof StoreError ? cause : new StoreError("STORE_IO", "a batch failed", { cause });
      throw this.#failure;
    }
  }

  async #close(): Promise<void> {
    await this.#writing;
    try {
      await this.#guard(() => this.#database.close());
      // Nothing is in flight any more: from here on every batch is missed if it is gone.
      if (this.#failure === undefined) await this.#mark.write(this.#number);
    } finally {
      await this.#mark.close();
      await this.#onClosed?.();
    }
  }

  /** Told of every damaged record that a read meets, besides whoever reads: some readers go on without it. */
  watch(onCorrupt: (error: StoreError) => void): void {
    this.#onCorrupt = onCorrupt;
  }

  /**
   * Removes the records of these ranges whose seals are broken, so that what should stand there is missing and not
   * damaged. Told their count. By raw keys: a damaged key need not be text.
   */
  async purgeBroken(ranges: readonly KeyRange[]): Promise<number> {
    this.#checkOpen();
    let purged = 0;
    for (const { from, to } of ranges) {
      const bounds = { gte: Buffer.from(from, "latin1"), lte: Buffer.from(to, "latin1") };
      for await (const [key, sealed] of this.#database.iterator<Buffer, Uint8Array>({
        ...bounds,
        keyEncoding: "buffer",
      })) {
        if (this.#isWhole(key.toString("latin1"), sealed)) continue;
        await this.#database.batch<Buffer, Uint8Array>([{ type: "del", key }], { keyEncoding: "buffer", sync: true });
        purged += 1;
      }
    }
    return purged;
  }

  #isWhole(rawKey: string, sealed: Uint8Array): boolean {
    const key = rawKey.slice(2);
    const space = STORE_SPACES.find((name) => rawKey.startsWith(PREFIX[name]));
    if (space === undefined) return rawKey === NUMBER_KEY;
    return isStoreKey(key) && unsealRecord(this.#sha256, { space, key }, sealed).ok;
  }

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
    const error = new StoreError(
      "STORE_CORRUPT",
      `the record "${address.key}" of ${address.space} is damaged: ${value.error.detail}`,
      address,
    );
    this.#onCorrupt?.(error);
    throw error;
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

export function databaseIn(folder: string, create: boolean): Level<string, Uint8Array> {
  return new Level(folder, {
    keyEncoding: "utf8",
    valueEncoding: "view",
    createIfMissing: create,
    errorIfExists: create,
    // Deltas do not compress; reading is three times as fast without trying.
    compression: false,
  });
}

type SealedOp =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: string };

export function markPath(folder: string): string {
  return `${folder}.mark`;
}

/** The number of the newest batch that is there. */
async function storedNumber(database: Database, options: LevelStoreOptions, mark: BatchMark): Promise<number> {
  const sealed = await database.get(NUMBER_KEY);
  // Its block was cut out with the damage around it; no batch after it is known to be missing.
  if (sealed === undefined && options.acceptsLoss === true) return mark.number;
  if (sealed === undefined && mark.number === 0) return 0;
  const value = sealed === undefined ? undefined : unsealRecord(options.sha256, NUMBER_ADDRESS, sealed);
  if (value === undefined || !value.ok)
    throw new NodeError("DATA_CORRUPT", `the database in ${options.folder} does not carry the number of its batches`);
  const number = countField(decodeTuple(value.value, "batch number", 1)[0], "batch number");
  if (number >= mark.number || options.acceptsLoss === true) return number;
  throw new NodeError(
    "DATA_CORRUPT",
    `${mark.number - number} acknowledged batches are missing at the end of the database in ${options.folder}`,
  );
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
  // A full, read-only or failing disk has damaged nothing; a file that is not there is damage.
  const isDisk = text.includes("IO error: ") && !text.includes("No such file or directory");
  return new NodeError(isDisk ? "IO_FAILED" : "DATA_CORRUPT", `cannot open the database in ${folder}: ${text}`, {
    cause,
  });
}

function canCompact(
  database: object,
): database is { readonly compactRange: (start: string, end: string) => Promise<void> } {
  return "compactRange" in database;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
