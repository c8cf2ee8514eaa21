// After a restart, until what came after the snapshot is executed again.

import { MemoryStore, commitIndex, mustExist } from "@selvedge/integrity";
import { afterEach, expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { Reexecution } from "../../src/daemon/reexecution.ts";
import { HomeFixture } from "../home-fixture.ts";

let fixture: HomeFixture | undefined;
afterEach(() => fixture?.remove());

test("what was executed before the stop is counted down as the ledger comes to it again", async () => {
  const store = new MemoryStore(sha256);
  await store.batch([{ type: "put", space: "state", key: "root/0000000000000c", value: new Uint8Array(32) }], {
    sync: true,
  });
  let executed = 5;
  const reexecution = new Reexecution({ lastCommitIndex: () => commitIndex(executed) });
  await reexecution.open(store);
  expect(reexecution.remaining).toBe(7);
  executed = 12;
  expect(reexecution.remaining).toBe(0);
  executed = 20;
  expect(reexecution.remaining).toBe(0);
});

test("a real node's status says how many commits it executes again, and then that it has started", async () => {
  fixture = await HomeFixture.create();
  await fixture.start();
  await fixture.train();
  await fixture.grow(5);
  const [model] = fixture.node.services.models();
  const [applied] = mustExist(model, "one model").current.record.updates;
  await fixture.stop();
  const node = await fixture.start();
  expect(await node.services.updateView(mustExist(applied, "the update of version 1").update)).toEqual({
    state: "applied",
    modelId: model?.id,
    version: 1,
  });
  const first = node.services.status();
  if (!first.isStarted)
    expect(first).toMatchObject({ state: "syncing", health: expect.stringContaining("re-executing") });
  await fixture.grow(3);
  expect(node.services.status()).toMatchObject({ isStarted: true, state: "healthy" });
  expect(mustExist(node.services.models()[0], "one model").current.record.version).toBe(1);
  expect(fixture.failures).toEqual([]);
});
