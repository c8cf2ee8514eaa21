// Payloads and weights that lost chunks or their manifest: pulled anew from other validators, chunk by chunk against the
// root. Which there must be is read from the records that name them.

import { type Digest, type Store, chunkCount, digestFromHex } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import { pullPayload } from "../payload/pull-payload.ts";
import { manifestKey } from "../storage/keys.ts";
import { isOverlap } from "../storage/leveldb/mend-database.ts";
import type { KeyRange } from "../storage/leveldb/table.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import type { StateStore } from "../storage/state-store.ts";
import type { HealConnection } from "./heal-network.ts";
import { namedPayloads } from "./named-payloads.ts";

export interface HealPayloadsSetup {
  readonly store: Store;
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  readonly params: { readonly payloadChunkBytes: number };
  readonly lostRanges: readonly KeyRange[];
  /** Default 10,000. */
  readonly pullMaxMs?: number;
}

/** For one payload. One that was pruned everywhere is given up; a later need of it pulls it again. */
const PULL_MAX_MS = 10_000;

/** Roots that nobody gave. */
export async function healPayloads(setup: HealPayloadsSetup, network: HealConnection): Promise<readonly Digest[]> {
  const unhealed: Digest[] = [];
  const named = await namedPayloads(setup.store);
  for (const [root, sizeBytes] of named) {
    if (!isTouched(setup, root) || (await isWhole(setup, root))) continue;
    if (!(await pull(setup, network, { payloadRoot: root, payloadBytes: sizeBytes }))) unhealed.push(root);
    network.noteProgress();
  }
  // A manifest says that all chunks are there, also where no record names the payload any more.
  for (const root of await manifestsOf(setup)) if (!(await isWhole(setup, root))) await dropManifest(setup, root);
  return unhealed;
}

function isTouched({ lostRanges }: HealPayloadsSetup, root: Digest): boolean {
  return lostRanges.some((range) => isOverlap(range, { from: `p/${root}/`, to: `p/${root}/\u007f` }));
}

async function isWhole({ payloads }: HealPayloadsSetup, root: Digest): Promise<boolean> {
  const manifest = await payloads.manifest(root);
  if (manifest === undefined) return false;
  for (let index = 0; index < chunkCount(manifest); index += 1)
    if ((await payloads.chunk(manifest, index)) === undefined) return false;
  return true;
}

async function pull(
  setup: HealPayloadsSetup,
  { transport, stopped }: HealConnection,
  target: { readonly payloadRoot: Digest; readonly payloadBytes: number },
): Promise<boolean> {
  const chunkBytes = setup.params.payloadChunkBytes;
  const timeout = AbortSignal.timeout(setup.pullMaxMs ?? PULL_MAX_MS);
  const context = { sha256, transport, sources: [], chunkBytes, stopped: AbortSignal.any([stopped, timeout]) };
  // Until it is whole again, nothing may say that it is.
  await dropManifest(setup, target.payloadRoot);
  try {
    await setup.payloads.putWhole(await pullPayload(context, target), chunkBytes);
    return true;
  } catch (error) {
    stopped.throwIfAborted();
    if (timeout.aborted) return false;
    throw error;
  }
}

async function dropManifest({ store }: HealPayloadsSetup, root: Digest): Promise<void> {
  await store.batch([{ type: "delete", space: "payload", key: manifestKey(root) }], { sync: false });
}

async function manifestsOf({ store, lostRanges }: HealPayloadsSetup): Promise<readonly Digest[]> {
  const roots: Digest[] = [];
  const suffix = manifestKey(digestFromHex("0".repeat(64))).slice(64);
  for (const { from, to } of lostRanges) {
    const range = {
      gte: from.startsWith("p/") ? from.slice(2, 2 + 64) : "",
      lt: to.startsWith("p/") ? `${to.slice(2, 2 + 64)}~` : "",
    };
    for await (const { key } of store.iterate("payload", range.lt === "" ? { gte: range.gte } : range))
      if (key.endsWith(suffix)) roots.push(digestFromHex(key.slice(0, 64)));
  }
  return roots;
}
