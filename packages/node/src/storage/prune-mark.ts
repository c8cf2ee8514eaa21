// Where a pruned home begins. Written and synced before anything is removed, so that whoever finds a gap below it knows
// that nothing is damaged, and whoever finds one above it knows that something is.

import { type Store, type StoreOp, wireInteger } from "@selvedge/integrity";
import { countField, decodeTuple, encodeTuple } from "./stored-tuple.ts";

export const MARK_KEY = "prune-mark";

export interface PruneMark {
  /** Commits above it are whole; its own record, state root, certificate and snapshot are there. */
  readonly base: number;
  /** Of commit `base`; blocks of earlier epochs are gone. */
  readonly epoch: number;
  /** Blocks of its rounds above this one are whole: all that commits after `base` can output. */
  readonly gcRound: number;
  /** False while what lies below may be partly there: a pass was interrupted or is under way. */
  readonly isDone: boolean;
}

export async function readPruneMark(store: Store): Promise<PruneMark | undefined> {
  const stored = await store.get("meta", MARK_KEY);
  return stored === undefined ? undefined : decodePruneMark(stored);
}

export function decodePruneMark(stored: Uint8Array): PruneMark {
  const [base, epoch, gcRound, isDone] = decodeTuple(stored, "prune mark", 4);
  return {
    base: countField(base, "prune mark"),
    epoch: countField(epoch, "prune mark"),
    gcRound: countField(gcRound, "prune mark"),
    isDone: countField(isDone, "prune mark") === 1,
  };
}

export function pruneMarkOp({ base, epoch, gcRound, isDone }: PruneMark): StoreOp {
  const value = encodeTuple([wireInteger(base), wireInteger(epoch), wireInteger(gcRound), isDone ? 1 : 0]);
  return { type: "put", space: "meta", key: MARK_KEY, value };
}

/** Of this epoch: blocks of rounds above it are whole. 0 where nothing is missing. */
export async function historyRoundIn(store: Store, epoch: number): Promise<number> {
  const mark = await readPruneMark(store);
  return mark?.epoch === epoch ? mark.gcRound : 0;
}
