// The way into a node's database: lock the home, read what LevelDB would read and see that it holds, then open it. With
// `mends`, damage that other nodes can make good is cut out and told; without, any damage is DATA_CORRUPT.

import { dirname, join } from "node:path";
import type { Sha256 } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { type ReleaseLock, lockFolder } from "./folder-lock.ts";
import { LevelStore } from "./level-store.ts";
import { type DatabaseCheck, checkDatabase, sentenceOf } from "./leveldb/check-database.ts";
import { lostBy, mend } from "./leveldb/mend-database.ts";
import { putRight } from "./leveldb/put-right.ts";
import type { KeyRange } from "./leveldb/table.ts";
import { addLostRanges, readLostRanges, writeLostRanges } from "./lost-records.ts";

/** Flipped bits that are put right in one file; beyond, the medium is failing altogether. */
const PUT_RIGHT_TURNS_MAX = 16;

export interface OpenStoreOptions {
  /** Of the database. */
  readonly folder: string;
  readonly sha256: Sha256;
  readonly mends: boolean;
  /** Tables of payload alone are read up to here; those beyond are left to the scrub. */
  readonly payloadBytesMax: number;
}

export interface OpenReport {
  /** One sentence for each damage that was mended now. */
  readonly mended: readonly string[];
  /** What is missing since then and was not healed yet. */
  readonly lostRanges: readonly KeyRange[];
  /** Acknowledged batches that are gone from the end. */
  readonly lostBatches: number;
  readonly checkedBytes: number;
  readonly needsHealing?: () => boolean;
  /** Leaves only these ranges to be healed at the next start. */
  readonly markHealed?: (unhealed: readonly KeyRange[]) => Promise<void>;
}

export interface OpenedStore {
  /** Holds the lock until it is closed. */
  readonly store: LevelStore;
  readonly report: OpenReport;
}

export async function openCheckedStore(options: OpenStoreOptions): Promise<OpenedStore> {
  const release = await lockFolder(lockPath(options.folder));
  try {
    return await openLocked(options, release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function openLocked(options: OpenStoreOptions, release: ReleaseLock): Promise<OpenedStore> {
  const { folder, sha256, mends } = options;
  const mended: string[] = [];
  const { damages, checkedBytes } = mends
    ? await checkAndPutRight(options, mended)
    : await checkDatabase(folder, options);
  mended.push(...damages.map(sentenceOf));
  if (damages.length > 0 && !mends) throw new NodeError("DATA_CORRUPT", mended.join("; "));
  if (damages.length > 0) {
    await addLostRanges(lostPath(folder), lostBy(damages));
    await mend({ folder, asideFolder: asideFolder(folder), damages });
  }
  const lostRanges = await readLostRanges(lostPath(folder));
  const store = await LevelStore.open({ folder, sha256, create: false, acceptsLoss: mends, onClosed: release });
  if (mends) await store.purgeBroken(lostRanges);
  let isHealed = lostRanges.length === 0;
  const markHealed = async (unhealed: readonly KeyRange[]): Promise<void> => {
    await writeLostRanges(lostPath(folder), unhealed);
    isHealed = true;
  };
  const { lostBatches } = store;
  return {
    store,
    report: { mended, lostRanges, lostBatches, checkedBytes, markHealed, needsHealing: () => !isHealed },
  };
}

/** What is still damaged after every single flipped bit was put right. */
async function checkAndPutRight(options: OpenStoreOptions, said: string[]): Promise<DatabaseCheck> {
  const { folder, sha256 } = options;
  let check = await checkDatabase(folder, options);
  for (let turn = 0; turn < PUT_RIGHT_TURNS_MAX; turn += 1) {
    const corrected = await putRight({ folder, sha256, asideFolder: asideFolder(folder), damages: check.damages });
    if (corrected.length === 0) break;
    said.push(...corrected);
    check = await checkDatabase(folder, options);
  }
  return check;
}

/** Copies of damaged files, as they were. */
function asideFolder(folder: string): string {
  return `${folder}.damaged`;
}

/** Ranges of keys that a mended database lacks until they are healed. */
export function lostPath(folder: string): string {
  return `${folder}.lost`;
}

/** What one process holds as long as it uses the data. */
export function lockPath(folder: string): string {
  return join(dirname(folder), "LOCK");
}
