// Chooses where a pruned home shall begin: the newest kept snapshot that leaves enough commits above it. Everything later
// rests on that snapshot, so it is read back and checked before anything is removed.

import { type Digest, digestFromBytes } from "@selvedge/integrity";
import { restoreLedger } from "@selvedge/ledger";
import { readCommit } from "../daemon/restore.ts";
import { NodeError } from "../errors.ts";
import { orderedNumber, stateKey } from "../storage/keys.ts";
import { type PruneMark, readPruneMark } from "../storage/prune-mark.ts";
import { shelvedIndices, shelvedSnapshot } from "../storage/snapshot-shelf.ts";
import type { PruneView } from "./prune-view.ts";

export interface PrunePlan {
  readonly mark: PruneMark;
  /** Lowest commit that is still there. */
  readonly fromIndex: number;
}

/** Undefined if nothing may be removed: too few commits, no snapshot that is old enough, or all is done. */
export async function planPrune(view: PruneView, keepCommits: number): Promise<PrunePlan | undefined> {
  const before = await readPruneMark(view.store);
  const fromIndex = await lowestCommit(view);
  const base = await newestBase(view, keepCommits);
  if (base === undefined || base <= (before?.base ?? 0)) {
    // An interrupted pass is ended before another one begins.
    return before === undefined || before.isDone ? undefined : { mark: before, fromIndex };
  }
  await checkBase(view, base);
  const { epoch = 0, gcRound = 0 } = before ?? {};
  const rounds = await roundsAfter(view, { base, fromIndex, epoch, gcRound });
  return { mark: { base, ...rounds, isDone: false }, fromIndex };
}

async function newestBase(view: PruneView, keepCommits: number): Promise<number | undefined> {
  const horizon = view.executedIndex() - keepCommits;
  const certified = (await view.state.latestCheckpoint())?.statement.index ?? 0;
  // A certificate at or above it must vouch for the snapshot, or `verify` could not.
  return (await shelvedIndices(view.store)).findLast((index) => index <= horizon && index <= certified);
}

async function checkBase(view: PruneView, base: number): Promise<void> {
  const bytes = await shelvedSnapshot(view.store, base);
  const commit = await view.chain.commit(base);
  const root = await view.store.get("state", stateKey("root", orderedNumber(base)));
  if (bytes === undefined || commit === undefined || root === undefined)
    throw new NodeError("DATA_CORRUPT", `commit ${base}, its snapshot or its state root is missing: nothing is pruned`);
  const ledger = restoreLedger(view.ledgerOptions, bytes);
  if (!ledger.ok)
    throw new NodeError("DATA_CORRUPT", `the kept snapshot of commit ${base} does not hold: ${ledger.error.detail}`);
  if (ledger.value.lastCommitIndex() !== base || ledger.value.stateRoot() !== digestFromBytes<Digest>(root))
    throw new NodeError("DATA_CORRUPT", `the kept snapshot of commit ${base} is of another state: nothing is pruned`);
}

/** S6, from the commits that are about to go; rounds begin anew with each epoch. */
async function roundsAfter(
  { chain, genesis }: PruneView,
  range: Pick<PruneMark, "base" | "epoch" | "gcRound"> & { readonly fromIndex: number },
): Promise<Pick<PruneMark, "epoch" | "gcRound">> {
  let { epoch, gcRound } = range;
  for (let index = range.fromIndex; index <= range.base; index += 1) {
    const stored = await chain.commit(index);
    if (stored === undefined) throw new NodeError("DATA_CORRUPT", `commit ${index} is missing: nothing is pruned`);
    const { commit } = readCommit(stored);
    if (commit.epoch !== epoch) gcRound = 0;
    ({ epoch } = commit);
    gcRound = Math.max(gcRound, commit.leader.round - genesis.params.gcDepth);
  }
  return { epoch, gcRound };
}

async function lowestCommit({ store }: PruneView): Promise<number> {
  for await (const { key } of store.iterate("commits", { limit: 1 })) return Number.parseInt(key, 16);
  return 1;
}
