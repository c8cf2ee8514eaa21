// Snapshots of the ledger that stay while newer ones are made: what a pruned home and its `verify` stand on. The newest
// ones, which restarts and peers begin with, are in snapshot-store.ts.

import type { Store, StoreOp } from "@selvedge/integrity";
import { orderedNumber } from "./keys.ts";
import { readPruneMark } from "./prune-mark.ts";

const PREFIX = "snapshot-shelf/";
const END = "snapshot-shelf0";
/** Snapshots kept besides the one that a pruned home begins with. */
const SHELF_MAX = 6;

export class SnapshotShelf {
  readonly #store: Store;
  #spacing = Number.POSITIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
  }

  /** From now on a snapshot is kept when one of this many commits has passed since the last kept one. */
  keepEvery(commits: number): void {
    this.#spacing = commits;
  }

  /** What the snapshot of a commit adds to and drops from the shelf, for the batch of that commit. */
  async opsFor(index: number, snapshot: Uint8Array): Promise<readonly StoreOp[]> {
    const kept = await shelvedIndices(this.#store);
    if (index - (kept.at(-1) ?? 0) < this.#spacing) return [];
    const base = (await readPruneMark(this.#store))?.base;
    const tooMany = kept.slice(0, Math.max(0, kept.length + 1 - SHELF_MAX)).filter((old) => old !== base);
    return [{ type: "put", space: "meta", key: keyOf(index), value: snapshot }, ...tooMany.map(unshelveOp)];
  }
}

/** Whatever the distance: the snapshot that a node's history begins with. */
export function shelveOp(index: number, snapshot: Uint8Array): StoreOp {
  return { type: "put", space: "meta", key: keyOf(index), value: snapshot };
}

export function unshelveOp(index: number): StoreOp {
  return { type: "delete", space: "meta", key: keyOf(index) };
}

/** Commits whose snapshot is kept, oldest first. */
export async function shelvedIndices(store: Store): Promise<readonly number[]> {
  const indices: number[] = [];
  for await (const { key } of store.iterate("meta", { gte: PREFIX, lt: END }))
    indices.push(Number.parseInt(key.slice(PREFIX.length), 16));
  return indices;
}

export function shelvedSnapshot(store: Store, index: number): Promise<Uint8Array | undefined> {
  return store.get("meta", keyOf(index));
}

function keyOf(index: number): string {
  return `${PREFIX}${orderedNumber(index)}`;
}
