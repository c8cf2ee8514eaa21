// Snapshots of the ledger for peers that join: in portions of a fixed size with a manifest of their hashes, each with the
// consensus state of its commit. The newest two are kept: a peer that began with the older one can end with it. The
// snapshot that a restart of this node begins with is in state-store.ts, those of a pruned one in snapshot-shelf.ts.

import {
  type CommitIndex,
  type Digest,
  type Sha256,
  type Store,
  type StoreOp,
  commitIndex,
  digestOf,
  isSameBytes,
  wireInteger,
} from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { orderedNumber } from "./keys.ts";
import { bytesField, countField, decodeTuple, encodeTuple } from "./stored-tuple.ts";

const PREFIX = "served-snapshot/";
const END = "served-snapshot0";
const HASH_BYTES = 32;

/** Bytes of a portion: what one answer to a peer holds. */
export const SNAPSHOT_PORTION_BYTES: number = 1024 * 1024;
/** Snapshots kept. */
const SNAPSHOTS_KEPT = 2;

type SnapshotPart = "snapshot" | "manifest" | "consensus";

interface SnapshotHead {
  readonly index: CommitIndex;
  readonly totalBytes: number;
  /** SHA-256 of each portion, one after the other. */
  readonly manifest: Uint8Array;
  readonly consensusState: Uint8Array;
}

interface SnapshotPortion {
  readonly index: CommitIndex;
  readonly totalBytes: number;
  readonly bytes: Uint8Array;
}

export class SnapshotStore {
  readonly #store: Store;
  readonly #sha256: Sha256;

  constructor(store: Store, sha256: Sha256) {
    this.#store = store;
    this.#sha256 = sha256;
  }

  /** Writes that keep this snapshot and drop those that are too many; for the batch of the commit's results. */
  async put(index: CommitIndex, bytes: Uint8Array, consensusState: Uint8Array): Promise<readonly StoreOp[]> {
    const ops: StoreOp[] = await this.#drop(index);
    for (const [key, value] of this.#records(index, bytes, consensusState))
      ops.push({ type: "put", space: "meta", key, value });
    return ops;
  }

  /**
   * Whether all that is here of a snapshot is of this state. What is not here is not missed: mending cuts out what is
   * damaged, and the next snapshot but one takes the place of the rest.
   */
  async isOf(index: CommitIndex, bytes: Uint8Array, consensusStateDigest: Digest): Promise<boolean> {
    const consensusState = (await this.head(index))?.consensusState;
    if (
      consensusState !== undefined &&
      digestOf(this.#sha256, "consensus-state", consensusState) !== consensusStateDigest
    )
      return false;
    const records = this.#records(index, bytes, consensusState ?? new Uint8Array(0));
    const prefix = `${PREFIX}${orderedNumber(index)}/`;
    for await (const { key, value } of this.#store.iterate("meta", { gte: prefix, lt: `${prefix}~` })) {
      const right = records.get(key);
      if (right === undefined || !isSameBytes(value, right)) return false;
    }
    return true;
  }

  /** Of which there is any part, lowest first. */
  async storedIndexes(): Promise<readonly CommitIndex[]> {
    const found = new Set<number>();
    for await (const { key } of this.#store.iterate("meta", { gte: PREFIX, lt: END }))
      found.add(Number.parseInt(key.slice(PREFIX.length), 16));
    return [...found].map(commitIndex);
  }

  #records(index: CommitIndex, bytes: Uint8Array, consensusState: Uint8Array): ReadonlyMap<string, Uint8Array> {
    const portions = portionsOf(bytes);
    const manifest = new Uint8Array(portions.length * HASH_BYTES);
    const records = new Map<string, Uint8Array>();
    for (const [number, portion] of portions.entries()) {
      manifest.set(this.#sha256(portion), number * HASH_BYTES);
      records.set(portionKey(index, number), portion);
    }
    const head = encodeTuple([wireInteger(index), wireInteger(bytes.length), manifest, consensusState]);
    return records.set(headKey(index), head);
  }

  /** Newest first. */
  async indexes(): Promise<readonly CommitIndex[]> {
    const found: CommitIndex[] = [];
    for await (const { key } of this.#store.iterate("meta", { gte: PREFIX, lt: END, reverse: true })) {
      if (key.endsWith(HEAD)) found.push(commitIndex(Number.parseInt(key.slice(PREFIX.length), 16)));
    }
    return found;
  }

  async head(index: CommitIndex): Promise<SnapshotHead | undefined> {
    const stored = await this.#store.get("meta", headKey(index));
    if (stored === undefined) return undefined;
    const [at, totalBytes, manifest, consensusState] = decodeTuple(stored, "snapshot", 4);
    return {
      index: commitIndex(countField(at, "snapshot")),
      totalBytes: countField(totalBytes, "snapshot"),
      manifest: bytesField(manifest, "snapshot"),
      consensusState: bytesField(consensusState, "snapshot"),
    };
  }

  /** From `fromByte` to the end of its portion; undefined if there is no such snapshot, or nothing of it at that byte. */
  async portion(wanted: {
    readonly index: CommitIndex | null;
    readonly kind: SnapshotPart;
    readonly fromByte: number;
  }): Promise<SnapshotPortion | undefined> {
    const index = wanted.index ?? (await this.indexes())[0];
    const head = index === undefined ? undefined : await this.head(index);
    if (head === undefined) return undefined;
    const { fromByte, kind } = wanted;
    const totalBytes = kind === "snapshot" ? head.totalBytes : small(head, kind).length;
    if (fromByte >= totalBytes) return undefined;
    const bytes =
      kind === "snapshot"
        ? (await this.#portion(head.index, fromByte)).subarray(fromByte % SNAPSHOT_PORTION_BYTES)
        : small(head, kind).subarray(fromByte, fromByte + SNAPSHOT_PORTION_BYTES);
    return { index: head.index, totalBytes, bytes };
  }

  async #portion(index: CommitIndex, fromByte: number): Promise<Uint8Array> {
    const number = Math.floor(fromByte / SNAPSHOT_PORTION_BYTES);
    const portion = await this.#store.get("meta", portionKey(index, number));
    if (portion === undefined)
      throw new NodeError("DATA_CORRUPT", `portion ${number} of the snapshot of commit ${index} is missing`);
    return portion;
  }

  /** All but the newest ones, once `coming` is there; also what stands under its own index. */
  async #drop(coming: CommitIndex): Promise<StoreOp[]> {
    const kept = (await this.indexes()).filter((index) => index !== coming).slice(0, SNAPSHOTS_KEPT - 1);
    const ops: StoreOp[] = [];
    for await (const { key } of this.#store.iterate("meta", { gte: PREFIX, lt: END })) {
      if (!kept.some((index) => key.startsWith(`${PREFIX}${orderedNumber(index)}/`)))
        ops.push({ type: "delete", space: "meta", key });
    }
    return ops;
  }
}

const HEAD = "/head";

function headKey(index: CommitIndex): string {
  return `${PREFIX}${orderedNumber(index)}${HEAD}`;
}

function portionKey(index: CommitIndex, number: number): string {
  return `${PREFIX}${orderedNumber(index)}/portion/${orderedNumber(number)}`;
}

function portionsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const portions: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += SNAPSHOT_PORTION_BYTES) {
    portions.push(bytes.subarray(offset, offset + SNAPSHOT_PORTION_BYTES));
  }
  return portions;
}

function small({ manifest, consensusState }: SnapshotHead, kind: "manifest" | "consensus"): Uint8Array {
  return kind === "manifest" ? manifest : consensusState;
}
