// The Store port: ordered key-value with a fixed set of spaces and atomic batches. The daemon fills it with LevelDB, the
// simulator and tests with memory; every filling passes testing/store-suite.ts. What the keys mean is not known here.

import { assert } from "../assert.ts";
import { STORE_KEY_MAX_CHARS } from "../limits.ts";

export type StoreSpace = "blocks" | "commits" | "state" | "versions" | "payload" | "meta";

export const STORE_SPACES: readonly StoreSpace[] = ["blocks", "commits", "state", "versions", "payload", "meta"];

/** Printable ASCII, 1 to STORE_KEY_MAX_CHARS characters, ordered bytewise (which for ASCII is what `<` does). */
export type StoreKey = string;

export type StoreOp =
  | { readonly type: "put"; readonly space: StoreSpace; readonly key: StoreKey; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly space: StoreSpace; readonly key: StoreKey };

export interface StoreRange {
  /** Inclusive lower bound. */
  readonly gte?: StoreKey;
  /** Exclusive upper bound. */
  readonly lt?: StoreKey;
  /** From the highest key down; the bounds keep their meaning. */
  readonly reverse?: boolean;
  /** At most so many entries. */
  readonly limit?: number;
}

export interface StoreEntry {
  readonly key: StoreKey;
  readonly value: Uint8Array;
}

export interface BatchOptions {
  /** Resolve only once the batch would survive a power cut. */
  readonly sync: boolean;
}

/**
 * Values handed in or out are never aliased. Everything rejects with a StoreError; damaged bytes reject with
 * STORE_CORRUPT and are never returned. An operation begun after `close` rejects with STORE_CLOSED.
 */
export interface Store {
  readonly get: (space: StoreSpace, key: StoreKey) => Promise<Uint8Array | undefined>;
  /** One answer for each key, in the order of the keys. */
  readonly getMany: (space: StoreSpace, keys: readonly StoreKey[]) => Promise<readonly (Uint8Array | undefined)[]>;
  /** All of it or nothing; of two operations on one key the later one counts. Batches apply in the order of the calls. */
  readonly batch: (ops: readonly StoreOp[], options: BatchOptions) => Promise<void>;
  /** Entries of one space as they were when the iteration began. */
  readonly iterate: (space: StoreSpace, range?: StoreRange) => AsyncIterable<StoreEntry>;
  /** Waits for what was begun; a second call does nothing. */
  readonly close: () => Promise<void>;
}

export type StoreErrorCode = "STORE_CORRUPT" | "STORE_CLOSED" | "STORE_IO";

export interface StoreErrorDetail {
  readonly space?: StoreSpace;
  readonly key?: StoreKey;
  readonly cause?: unknown;
}

/** The world failing beneath a store. An unknown failure is fatal to its owner: stop, do not limp. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  /** Where the damage is; STORE_CORRUPT always has both. */
  readonly space: StoreSpace | undefined;
  readonly key: StoreKey | undefined;

  constructor(code: StoreErrorCode, message: string, detail: StoreErrorDetail = {}) {
    super(message, "cause" in detail ? { cause: detail.cause } : undefined);
    this.code = code;
    this.space = detail.space;
    this.key = detail.key;
  }
}

const STORE_KEY = /^[\u0020-\u007e]+$/;

export function isStoreKey(key: string): boolean {
  return key.length <= STORE_KEY_MAX_CHARS && STORE_KEY.test(key);
}

/** Keys are made by our own code (store-keys), never by a peer. */
export function assertStoreKey(key: string): void {
  assert(isStoreKey(key), "a store key is printable ASCII within its bound");
}

/** Bounds may be empty: every key is at or above "". */
export function assertStoreRange({ gte = "", lt = "", limit = 0 }: StoreRange): void {
  assert(gte === "" || isStoreKey(gte), "a lower bound is a store key");
  assert(lt === "" || isStoreKey(lt), "an upper bound is a store key");
  assert(Number.isSafeInteger(limit) && limit >= 0, "a limit is a count");
}
