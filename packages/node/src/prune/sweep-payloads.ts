// Removes payloads and weights that nothing refers to: no update header in the store, no header that may still be output,
// no version whose weights are kept. Payloads whose header never came into a commit end here too.

import { type Digest, decodeBlock, decodeSignedUpdate, decodeVersionRecord, digestFromHex } from "@selvedge/integrity";
import { gcRoundAfter, readCommit } from "../daemon/restore.ts";
import { NodeError } from "../errors.ts";
import { roundPrefix } from "../storage/keys.ts";
import { bytesField, decodeTuple } from "../storage/stored-tuple.ts";
import type { PassContext } from "./pass-context.ts";
import type { PruneView } from "./prune-view.ts";

export async function sweepPayloads(context: PassContext): Promise<void> {
  const { view } = context;
  // Roots first, then what refers to them: whatever comes in between is newer than the list.
  const roots = await storedRoots(view);
  const referred = new Set<Digest>();
  // In the order in which a header passes from one to the other.
  await addUndecided(context, referred);
  await addOutputUpdates(context, referred);
  for (const model of view.models) await addWeights(context, model, referred);
  for (const root of roots) if (!referred.has(root)) await removePayload(context, root);
}

/** One seek for each payload: the chunks in between are not read. */
async function storedRoots({ store }: PruneView): Promise<readonly Digest[]> {
  const roots: Digest[] = [];
  for (let from = ""; ;) {
    let root: string | undefined;
    for await (const { key } of store.iterate("payload", { gte: from, limit: 1 })) [root] = key.split("/");
    if (root === undefined) return roots;
    roots.push(digestFromHex(root));
    // '0' follows '/'.
    from = `${root}0`;
  }
}

async function addOutputUpdates({ view, removed }: PassContext, referred: Set<Digest>): Promise<void> {
  for await (const { key, value } of view.store.iterate("state", { gte: "update/", lt: "update0" })) {
    const update = decodeSignedUpdate(value, view.sha256);
    if (!update.ok) throw new NodeError("DATA_CORRUPT", `the stored ${key} does not decode: ${update.error.detail}`);
    if (!removed.has(update.value.digest)) referred.add(update.value.header.payloadRoot);
  }
}

/** Headers that are in the DAG but in no executed commit. */
async function addUndecided({ view, plan }: PassContext, referred: Set<Digest>): Promise<void> {
  const { chain, executedIndex } = view;
  const last = await chain.lastCommit();
  for (let index = executedIndex() + 1; ; index += 1) {
    const stored = await chain.commit(index);
    if (stored === undefined) break;
    for (const bytes of await chain.blocks(readCommit(stored).commit.blocks)) addHeaders(view, bytes, referred);
  }
  for (const { bytes } of await chain.blocksFrom(gcRoundAfter(last) + 1)) addHeaders(view, bytes, referred);
  // Acked by us, and so to be listed at the end of the epoch (§11), whatever became of the block that had the header.
  for (const { header } of await chain.acks.unseen()) referred.add(header.payloadRoot);
  if (plan.mark.epoch === view.epoch) return;
  // A header that came too late for its epoch may come again in the next one (§11).
  const ended = { gte: roundPrefix(0, plan.mark.epoch), lt: roundPrefix(0, view.epoch) };
  for await (const { value } of view.store.iterate("blocks", ended))
    addHeaders(view, bytesField(decodeTuple(value, "block", 2)[1], "block"), referred);
}

function addHeaders({ sha256 }: PruneView, bytes: Uint8Array | undefined, referred: Set<Digest>): void {
  if (bytes === undefined) return;
  const block = decodeBlock(bytes, sha256);
  if (!block.ok) throw new NodeError("DATA_CORRUPT", `a stored block does not decode: ${block.error.detail}`);
  for (const { header } of block.value.body.updates) referred.add(header.payloadRoot);
}

/**
 * Weights that an update may still be relative to, and those that versions above the base are made from. Newest first: what
 * lies below is not read, however long the lineage is.
 */
async function addWeights({ view, plan }: PassContext, model: string, referred: Set<Digest>): Promise<void> {
  const maxStaleness = view.genesis.models.find(({ id }) => id === model)?.policy.maxStaleness ?? 0;
  const lineage = { gte: `${model}/`, lt: `${model}0`, reverse: true };
  let oldestBase: number | undefined;
  let isBaseMet = false;
  for await (const { value } of view.store.iterate("versions", lineage)) {
    const sealed = decodeVersionRecord(value, view.sha256);
    if (!sealed.ok) throw new NodeError("DATA_CORRUPT", `a version record of ${model} does not decode`);
    const { version, weightsRoot, commitIndex } = sealed.value.record;
    oldestBase ??= version - maxStaleness;
    if (isBaseMet && version < oldestBase) return;
    referred.add(weightsRoot);
    isBaseMet ||= commitIndex <= plan.mark.base;
  }
}

async function removePayload({ view, sink }: PassContext, root: Digest): Promise<void> {
  const isGone = await view.removePayload(root, async () => {
    for await (const { key, value } of view.store.iterate("payload", { gte: `${root}/`, lt: `${root}0` }))
      sink.remove("payload", key, value.length);
    // Before anybody is let in again, and the manifest in one batch with the chunks.
    await sink.flush();
  });
  if (isGone) sink.totals.payloads += 1;
}
