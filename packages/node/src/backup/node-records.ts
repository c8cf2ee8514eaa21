// The records of a store for a backup: of LevelDB all as they were at one moment, while the node goes on writing.

import { STORE_SPACES, type Store } from "@selvedge/integrity";
import type { BackupRecord } from "./frames.ts";

export function recordsOf(store: Store): AsyncIterable<BackupRecord> {
  return hasEverything(store) ? store.everything() : spaceBySpace(store);
}

interface WholeStore extends Store {
  readonly everything: () => AsyncIterable<BackupRecord>;
}

function hasEverything(store: Store): store is WholeStore {
  return "everything" in store;
}

/** A store in memory is asked by one caller at a time. */
async function* spaceBySpace(store: Store): AsyncGenerator<BackupRecord, void, undefined> {
  for (const space of STORE_SPACES)
    for await (const { key, value } of store.iterate(space)) yield { space, key, value };
}
