// Asks other validators for what a store lacks. Blocks are known by their digests and commits by the chain, so nothing
// that an answer holds is believed.

import { type BlockRef, type VerifiedBlock, isSameRef } from "@selvedge/integrity";
import type { BlockVerifier } from "../daemon/parts.ts";
import { BLOCKS_PER_RESPONSE_MAX } from "../network/limits.ts";
import { NothingHere, PeerLied, type SyncPeers } from "../sync/sync-peers.ts";

/** In the order of the refs; rejects with NobodyHas if no connected validator has one of them. */
export async function fetchMissing(
  peers: SyncPeers,
  verify: BlockVerifier,
  refs: readonly BlockRef[],
): Promise<readonly VerifiedBlock[]> {
  const found = new Map<string, VerifiedBlock>();
  for (let rest = refs; rest.length > 0; rest = rest.filter(({ digest }) => !found.has(digest))) {
    const wanted = rest.slice(0, BLOCKS_PER_RESPONSE_MAX);
    for (const block of await peers.ask((peer, signal) => askPeer({ peers, verify }, { peer, wanted, signal })))
      found.set(block.ref.digest, block);
  }
  return refs.flatMap(({ digest }) => found.get(digest) ?? []);
}

async function askPeer(
  { peers, verify }: { readonly peers: SyncPeers; readonly verify: BlockVerifier },
  ask: {
    readonly peer: Parameters<SyncPeers["fetchBlocks"]>[0];
    readonly wanted: readonly BlockRef[];
    readonly signal: AbortSignal;
  },
): Promise<readonly VerifiedBlock[]> {
  const answer = await peers.fetchBlocks(ask.peer, { type: "refs", refs: ask.wanted }, ask.signal);
  const blocks = answer.map((bytes) => {
    const block = verify(bytes);
    if (!block.ok) throw new PeerLied(block.error.code);
    if (!ask.wanted.some((ref) => isSameRef(ref, block.value.ref)))
      throw new PeerLied("a block that was not asked for");
    return block.value;
  });
  if (blocks.length === 0) throw new NothingHere();
  return blocks;
}
