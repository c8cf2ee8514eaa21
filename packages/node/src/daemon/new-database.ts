// The database of a new home, made beside its place and moved there once it is whole: what interrupts `init` leaves none,
// or one that the next `init` takes over, and never half of one.

import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Digest, type Genesis, type Store, StoreError, chainIdOf, digestToBytes } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import { isEmptyFolder, syncFolder } from "../storage/files.ts";
import { LevelStore, markPath } from "../storage/level-store.ts";
import { PayloadStore } from "../storage/payload-store.ts";

const CHAIN_ID_KEY = "chain-id";

export interface NewDatabase {
  readonly folder: string;
  readonly genesis: Genesis;
  /** Initial weights by payload root. */
  readonly weights: ReadonlyMap<Digest, Uint8Array>;
}

/** HOME_EXISTS if a database is there in which anything but the beginning of this chain is stored. */
export async function makeDatabase(wanted: NewDatabase): Promise<void> {
  const { folder } = wanted;
  if (await isMadeAlready(wanted)) return;
  const beside = `${folder}.new`;
  try {
    // Of an `init` that was interrupted.
    for (const path of [beside, markPath(beside)]) await rm(path, { recursive: true, force: true });
    await fill({ ...wanted, folder: beside });
    // The database last: a mark alone is nothing yet.
    await rename(markPath(beside), markPath(folder));
    await rename(beside, folder);
    await syncFolder(dirname(folder));
  } catch (cause) {
    if (cause instanceof NodeError || cause instanceof StoreError) throw cause;
    throw new NodeError("IO_FAILED", `cannot make ${folder}`, { cause });
  }
}

/** Which chain a database says it holds, as it was stored; undefined if it does not say. */
export async function storedChainId(store: Store): Promise<Uint8Array | undefined> {
  return store.get("meta", CHAIN_ID_KEY);
}

async function fill({ folder, genesis, weights }: NewDatabase): Promise<void> {
  const store = await LevelStore.open({ folder, sha256, create: true });
  try {
    const payloads = new PayloadStore(store, sha256);
    for (const bytes of weights.values()) await payloads.putWhole(bytes, genesis.params.payloadChunkBytes);
    await store.batch(
      [{ type: "put", space: "meta", key: CHAIN_ID_KEY, value: digestToBytes(chainIdOf(genesis, sha256)) }],
      { sync: true },
    );
  } finally {
    await store.close();
  }
}

/** An earlier `init` came as far as this, and no node has begun with it since. */
async function isMadeAlready({ folder, genesis }: NewDatabase): Promise<boolean> {
  if (await isEmptyFolder(folder)) return false;
  const store = await openThere(folder);
  try {
    const chainId = await storedChainId(store);
    const isOurs = chainId !== undefined && Buffer.compare(chainId, digestToBytes(chainIdOf(genesis, sha256))) === 0;
    if (!isOurs || !(await isUnused(store)))
      throw new NodeError("HOME_EXISTS", `${folder} holds the database of a node already`);
    return true;
  } finally {
    await store.close();
  }
}

async function isUnused(store: LevelStore): Promise<boolean> {
  for await (const { space, key } of store.everything())
    if (space !== "payload" && (space !== "meta" || key !== CHAIN_ID_KEY)) return false;
  return true;
}

async function openThere(folder: string): Promise<LevelStore> {
  try {
    return await LevelStore.open({ folder, sha256, create: false });
  } catch (cause) {
    // It may be all that is left of somebody's data: to be removed by a person.
    if (cause instanceof NodeError && cause.code === "DATA_CORRUPT")
      throw new NodeError("HOME_EXISTS", `${folder} holds something already that is no whole database`, { cause });
    throw cause;
  }
}
