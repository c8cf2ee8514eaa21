// Gives the room of removed records back to the file system: LevelDB only marks them until the tables that hold them are
// rewritten.

import type { Store, StoreSpace } from "@selvedge/integrity";
import { commitKey, orderedNumber, roundPrefix, stateKey } from "../storage/keys.ts";
import type { PrunePlan } from "./prune-plan.ts";

/** A store that can rewrite a range of its files; one in memory has no need to. */
export interface CompactingStore extends Store {
  readonly compact: (space: StoreSpace, range: { readonly gte: string; readonly lt: string }) => Promise<void>;
}

export async function compactPruned(store: Store, { mark }: PrunePlan): Promise<void> {
  if (!isCompacting(store)) return;
  await store.compact("blocks", { gte: roundPrefix(0), lt: roundPrefix(mark.gcRound + 1, mark.epoch) });
  await store.compact("commits", { gte: commitKey(0), lt: commitKey(mark.base) });
  for (const kind of ["checkpoint", "root"] as const)
    await store.compact("state", {
      gte: stateKey(kind, orderedNumber(0)),
      lt: stateKey(kind, orderedNumber(mark.base)),
    });
  // Their keys are digests: removed ones lie anywhere.
  for (const kind of ["receipt", "update"] as const) await store.compact("state", { gte: `${kind}/`, lt: `${kind}0` });
  await store.compact("payload", { gte: "0", lt: "g" });
  // Kept snapshots and the list of pruned blocks.
  await store.compact("meta", { gte: "p", lt: "t" });
}

function isCompacting(store: Store): store is CompactingStore {
  return "compact" in store;
}
