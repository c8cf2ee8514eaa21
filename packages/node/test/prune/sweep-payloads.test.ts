// Which payloads and weights go, and what of a long lineage is read for that.

import {
  type Digest,
  MemoryStore,
  type SignedUpdate,
  type Store,
  type StoreEntry,
  type VersionRecord,
  commitIndex,
  digestFromBytes,
  modelId,
  sealVersionRecord,
  versionNumber,
} from "@selvedge/integrity";
import { expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import type { PassContext } from "../../src/prune/pass-context.ts";
import { sweepPayloads } from "../../src/prune/sweep-payloads.ts";
import { versionKey } from "../../src/storage/keys.ts";

const MODEL = "tiny";
const VERSIONS = 500;
const COMMITS_EACH = 10;
const MAX_STALENESS = 8;

function rootOf(name: string): Digest {
  return digestFromBytes<Digest>(sha256(new TextEncoder().encode(name)));
}

/** A store of a lineage with all of its weights, and the records that were read from it. */
async function lineage(): Promise<{ readonly store: Store; readonly read: string[] }> {
  const store = new MemoryStore(sha256);
  for (let version = 0; version <= VERSIONS; version += 1) {
    const weightsRoot = rootOf(`weights ${version}`);
    const record: VersionRecord = {
      modelId: modelId(MODEL),
      version: versionNumber(version),
      parent: digestFromBytes(sha256(Uint8Array.of(version & 255))),
      updates: [],
      aggregator: { name: "weighted-mean", clip: "median-norm" },
      weightsRoot,
      weightsBytes: 1,
      metrics: [],
      commitIndex: commitIndex(version * COMMITS_EACH),
    };
    const value = sealVersionRecord(record, sha256).bytes;
    await store.batch(
      [
        { type: "put", space: "versions", key: versionKey(MODEL, version), value },
        { type: "put", space: "payload", key: `${weightsRoot}/manifest`, value: Uint8Array.of(1) },
      ],
      { sync: false },
    );
  }
  const read: string[] = [];
  const watched = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "iterate") return typeof value === "function" ? value.bind(target) : value;
      return async function* iterate(...args: Parameters<Store["iterate"]>): AsyncGenerator<StoreEntry> {
        for await (const entry of target.iterate(...args)) {
          if (args[0] === "versions") read.push(entry.key);
          yield entry;
        }
      };
    },
  });
  return { store: watched, read };
}

async function swept(store: Store, base: number, unseen: readonly Digest[] = []): Promise<readonly Digest[]> {
  const removed: Digest[] = [];
  const view = {
    store,
    sha256,
    models: [MODEL],
    epoch: 0,
    genesis: { models: [{ id: MODEL, policy: { maxStaleness: MAX_STALENESS } }] },
    executedIndex: () => VERSIONS * COMMITS_EACH,
    chain: {
      lastCommit: async () => undefined,
      commit: async () => undefined,
      blocksFrom: async () => [],
      acks: { unseen: async () => unseen.map((payloadRoot) => ({ header: { payloadRoot } }) as SignedUpdate) },
    },
    removePayload: async (root: Digest) => {
      removed.push(root);
      return true;
    },
  };
  const plan = { mark: { base, epoch: 0, gcRound: 0, isDone: false } };
  const context: unknown = { view, plan, sink: { totals: { payloads: 0 } }, removed: new Set() };
  await sweepPayloads(context as PassContext);
  return removed;
}

function weightsFrom(version: number): Digest[] {
  return Array.from({ length: VERSIONS + 1 - version }, (_, above) => rootOf(`weights ${version + above}`));
}

test.each([
  ["the version that the history begins with", 4805, 480],
  ["the oldest that an update may be relative to", 4995, VERSIONS - MAX_STALENESS],
])("weights stay from %s on, and of what lies below one record is read", async (_, base, first) => {
  const { store, read } = await lineage();
  const removed = await swept(store, base);
  expect(removed).toHaveLength(first);
  expect(removed.filter((root) => weightsFrom(first).includes(root))).toEqual([]);
  expect(read).toHaveLength(VERSIONS + 1 - first + 1);
});

test("all weights stay where the history begins with the first version", async () => {
  const { store } = await lineage();
  expect(await swept(store, 0)).toEqual([]);
});

test("the payload of an update that we acked and may have to list stays, whatever became of its header's block", async () => {
  const store = new MemoryStore(sha256);
  const [kept, gone] = [rootOf("acked"), rootOf("never")];
  for (const root of [kept, gone])
    await store.batch([{ type: "put", space: "payload", key: `${root}/manifest`, value: Uint8Array.of(1) }], {
      sync: false,
    });
  expect(await swept(store, 0, [kept])).toEqual([gone]);
});
