// Removes blocks of rounds that no commit above the base can output, and remembers their digests. The newest block of
// each author stays, however old: a validator that has lost its own asks the others for it (§11).

import { type Digest, type StoreSpace, digestFromHex } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { blockKey, epochOfKey, roundPrefix } from "../storage/keys.ts";
import { prunedBlocksOp, recordsBefore } from "../storage/pruned-blocks.ts";
import type { PassContext } from "./pass-context.ts";
import type { PruneView } from "./prune-view.ts";

const SPACE: StoreSpace = "blocks";

interface BlockKey {
  readonly round: number;
  readonly digest: Digest;
}

export async function pruneBlocks({ view, plan, sink }: PassContext): Promise<void> {
  const { epoch, gcRound } = plan.mark;
  const kept = await newestKeys(view, epoch);
  let round = -1;
  let digests: Digest[] = [];
  const endRound = async (): Promise<void> => {
    if (digests.length > 0) sink.put(await prunedBlocksOp(view.store, { epoch, round }, digests));
    digests = [];
    await sink.endUnit();
  };
  // All of earlier epochs as well: their keys come first.
  for await (const { key, value } of view.store.iterate(SPACE, { lt: roundPrefix(gcRound + 1, epoch) })) {
    if (kept.has(key)) continue;
    const block = parsedKey(key);
    if (block.round !== round) await endRound();
    round = block.round;
    // No block of this epoch can name one of an earlier epoch.
    if (epochOfKey(key) === epoch) digests.push(block.digest);
    sink.remove(SPACE, key, value.length);
    sink.totals.blocks += 1;
  }
  await endRound();
  if (epoch > 0) {
    for await (const { key, value } of view.store.iterate("meta", recordsBefore(epoch)))
      sink.remove("meta", key, value.length);
  }
  await sink.flush();
}

async function newestKeys(view: PruneView, epoch: number): Promise<ReadonlySet<string>> {
  // Whoever lost its blocks of an epoch that is over asks for those of the present one.
  if (view.epoch !== epoch) return new Set();
  return new Set((await view.newestBlocks()).map((ref) => blockKey(ref, epoch)));
}

function parsedKey(key: string): BlockKey {
  const [round, , digest] = key.split("/").slice(-3);
  if (round === undefined || digest === undefined) throw new NodeError("DATA_CORRUPT", `${key} is no key of a block`);
  return { round: Number.parseInt(round, 16), digest: digestFromHex(digest) };
}
