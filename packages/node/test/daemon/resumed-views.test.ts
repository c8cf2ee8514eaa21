// After a restart, until what came after the snapshot is executed again.

import {
  MemoryStore,
  type SealedVersionRecord,
  type UpdateDigest,
  commitIndex,
  digestFromHex,
  mustExist,
} from "@selvedge/integrity";
import { afterEach, expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { ResumedViews } from "../../src/daemon/resumed-views.ts";
import type { StateStore } from "../../src/storage/state-store.ts";
import { HomeFixture } from "../home-fixture.ts";

const UPDATE = digestFromHex<UpdateDigest>("2".repeat(64));

function stateWith(closedAt: number): StateStore {
  const record = { modelId: "tiny", version: 3, commitIndex: closedAt, updates: [{ update: UPDATE }] };
  return {
    async *versions() {
      yield { record } as unknown as SealedVersionRecord;
    },
  } as unknown as StateStore;
}

let fixture: HomeFixture | undefined;
afterEach(() => fixture?.remove());

test("an update that was applied before the stop is applied after it, until the ledger knows it again", async () => {
  const store = new MemoryStore(sha256);
  await store.batch([{ type: "put", space: "state", key: "root/0000000000000c", value: new Uint8Array(32) }], {
    sync: true,
  });
  let executed = 5;
  const views = new ResumedViews({ lastCommitIndex: () => commitIndex(executed) });
  await views.open(store, stateWith(9), ["tiny"]);
  expect(views.remaining).toBe(7);
  expect(views.upToDate(UPDATE, { state: "received" })).toMatchObject({ state: "applied", version: 3 });
  executed = 12;
  expect(views.remaining).toBe(0);
  expect(views.upToDate(UPDATE, { state: "received" })).toEqual({ state: "received" });
});

test("what the snapshot holds is the ledger's own to say", async () => {
  const store = new MemoryStore(sha256);
  await store.batch([{ type: "put", space: "state", key: "root/0000000000000c", value: new Uint8Array(32) }], {
    sync: true,
  });
  const views = new ResumedViews({ lastCommitIndex: () => commitIndex(10) });
  await views.open(store, stateWith(9), ["tiny"]);
  expect(views.upToDate(UPDATE, { state: "unknown" })).toEqual({ state: "unknown" });
});

test("a real node's status says how many commits it executes again, and then that it has started", async () => {
  fixture = await HomeFixture.create();
  await fixture.start();
  await fixture.train();
  await fixture.grow(5);
  await fixture.stop();
  const node = await fixture.start();
  const first = node.services.status();
  if (!first.isStarted)
    expect(first).toMatchObject({ state: "syncing", health: expect.stringContaining("re-executing") });
  await fixture.grow(3);
  expect(node.services.status()).toMatchObject({ isStarted: true, state: "healthy" });
  expect(mustExist(node.services.models()[0], "one model").current.record.version).toBe(1);
  expect(fixture.failures).toEqual([]);
});
