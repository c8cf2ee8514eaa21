// One pass: removes what lies below the base of a plan, in this order: commits with all that only they lead to, blocks,
// payloads that nothing refers to any more. Every step may be cut off and is done again by the next pass; nothing above
// the base is touched. What must stay: docs/operations.md, "Pruning".

import {
  type SignedUpdate,
  type UpdateDigest,
  decodeBlock,
  decodeVersionRecord,
  digestFromHex,
} from "@selvedge/integrity";
import { readCommit } from "../daemon/restore.ts";
import { NodeError } from "../errors.ts";
import { orderedNumber, commitKey, stateKey } from "../storage/keys.ts";
import { pruneMarkOp } from "../storage/prune-mark.ts";
import { shelvedIndices, unshelveOp } from "../storage/snapshot-shelf.ts";
import type { PassContext } from "./pass-context.ts";
import { pruneBlocks } from "./prune-blocks.ts";
import type { PrunePlan } from "./prune-plan.ts";
import type { PruneSink } from "./prune-sink.ts";
import type { PruneView } from "./prune-view.ts";
import { sweepPayloads } from "./sweep-payloads.ts";

/** Updates of removed commits that are still needed: looked at again by each pass. */
const LATER_PREFIX = "prune-later/";

export async function runPass(view: PruneView, plan: PrunePlan, sink: PruneSink): Promise<void> {
  const context = {
    view,
    plan,
    sink,
    replayed: await replayedUpdates(view, plan.mark.base),
    removed: new Set<UpdateDigest>(),
  };
  await sink.writeSynced([pruneMarkOp(plan.mark)]);
  await pruneLater(context);
  for (let index = plan.fromIndex; index < plan.mark.base; index += 1) await pruneCommit(context, index);
  await sink.flush();
  await pruneBlocks(context);
  await sweepPayloads(context);
  for (const index of await shelvedIndices(view.store)) if (index < plan.mark.base) sink.put(unshelveOp(index));
  await sink.writeSynced([pruneMarkOp({ ...plan.mark, isDone: true })]);
}

async function replayedUpdates({ store, sha256 }: PruneView, base: number): Promise<ReadonlySet<UpdateDigest>> {
  const updates = new Set<UpdateDigest>();
  for await (const { key, value } of store.iterate("versions")) {
    const record = decodeVersionRecord(value, sha256);
    if (!record.ok) throw new NodeError("DATA_CORRUPT", `version record ${key} does not decode: nothing is pruned`);
    if (record.value.record.commitIndex <= base) continue;
    for (const { update } of record.value.record.updates) updates.add(update);
  }
  return updates;
}

/** In one batch with all that it leads to, so that the lowest commit that is left tells how far the pass came. */
async function pruneCommit(context: PassContext, index: number): Promise<void> {
  const { view, sink } = context;
  const stored = await view.chain.commit(index);
  if (stored === undefined) return;
  for (const update of await updatesOf(view, readCommit(stored).commit.blocks)) await examine(context, update.digest);
  sink.remove("commits", commitKey(index), stored.bytes.length);
  await removeState(context, stateKey("root", orderedNumber(index)));
  await removeState(context, stateKey("checkpoint", orderedNumber(index)));
  sink.totals.commits += 1;
  await sink.endUnit();
}

type Refs = ReturnType<typeof readCommit>["commit"]["blocks"];

async function updatesOf({ chain, sha256 }: PruneView, refs: Refs): Promise<readonly SignedUpdate[]> {
  const stored = await chain.blocks(refs);
  return stored.flatMap((bytes) => {
    // A block of a removed commit that an earlier pass has removed already, its updates with it.
    if (bytes === undefined) return [];
    const block = decodeBlock(bytes, sha256);
    if (!block.ok) throw new NodeError("DATA_CORRUPT", `a stored block does not decode: ${block.error.detail}`);
    return block.value.body.updates;
  });
}

async function examine({ view, plan, sink, replayed, removed }: PassContext, update: UpdateDigest): Promise<void> {
  if (removed.has(update)) return;
  if (replayed.has(update) || view.isNeeded(update, plan.mark.base)) {
    sink.put({ type: "put", space: "meta", key: `${LATER_PREFIX}${update}`, value: new Uint8Array(0) });
    return;
  }
  removed.add(update);
  sink.totals.updates += 1;
  await removeState({ view, sink }, stateKey("update", update));
  await removeState({ view, sink }, stateKey("receipt", update));
}

async function pruneLater(context: PassContext): Promise<void> {
  const { view, plan, sink, replayed } = context;
  for await (const { key } of view.store.iterate("meta", { gte: LATER_PREFIX, lt: "prune-later0" })) {
    const update = digestFromHex<UpdateDigest>(key.slice(LATER_PREFIX.length));
    if (replayed.has(update) || view.isNeeded(update, plan.mark.base)) continue;
    sink.remove("meta", key, 0);
    await examine(context, update);
    await sink.endUnit();
  }
  await sink.flush();
}

async function removeState({ view, sink }: Pick<PassContext, "view" | "sink">, key: string): Promise<void> {
  const value = await view.store.get("state", key);
  if (value !== undefined) sink.remove("state", key, value.length);
}
