// A node that stops in the middle of a change, at each write that the change consists of, ends where the others are; one
// that slept through it does, too.

import { MemoryStore, type Store, type StoreOp } from "@selvedge/integrity";
import { afterEach, describe, expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";
import { EpochNetwork } from "./epoch-network.ts";
import { allIn, until } from "./until.ts";

const ALL = [0, 1, 2, 3];
let net: EpochNetwork;
afterEach(async () => {
  await net.stopAll();
  expect(net.failures).toEqual([]);
});

/** A store whose disk is gone from one write on: it is not done, or it is the last that is. */
function dying(
  store: Store,
  { dies, isDone }: { readonly dies: (op: StoreOp) => boolean; readonly isDone: boolean },
): Store {
  let isDead = false;
  return new Proxy(store, {
    get(target, name) {
      if (name !== "batch") {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async (ops: readonly StoreOp[], options: { readonly sync: boolean }): Promise<void> => {
        const isLast = ops.some(dies);
        if (!isDead && (!isLast || isDone)) await target.batch(ops, options);
        isDead ||= isLast;
        if (isDead) throw new Error("the disk is gone");
      };
    },
  });
}

async function changeAnything(proposer: number, approvers: readonly number[]): Promise<void> {
  await net.change([{ type: "reweigh", name: "validator-2", stake: 1 }], proposer, approvers);
}

function executedBy(node: number): number {
  return net.at(node).services.status().executedIndex;
}

describe("a change of the committee and a node that stops", () => {
  test.each([
    ["before the snapshot of the closing commit", "ledger-snapshot", false],
    ["after it", "ledger-snapshot", true],
    ["before the record of the next epoch", "epoch/", false],
    ["after it", "epoch/", true],
  ])(
    "%s (%s)",
    async (_, key, isDone) => {
      net = new EpochNetwork(4, 0);
      const dies = (op: StoreOp): boolean => op.space === "meta" && op.key.startsWith(key);
      let failed: unknown;
      const store = dying(new MemoryStore(sha256, net.disks[3]), { dies, isDone });
      for (const node of [0, 1, 2]) await net.start(node);
      await net.start(3, { store, snapshotEveryCommits: 1_000_000, onFatal: (error) => (failed ??= error) });
      await changeAnything(0, [1, 2]);
      await allIn(net, 1, [0, 1, 2]);
      await until(net, "the disk is gone", () => failed !== undefined);
      await net.at(3).stop();
      await net.start(3);
      await allIn(net, 1, ALL);
      await net.submit(3, Buffer.from("back", "utf8"));
    },
    200_000,
  );

  test("who stopped after the closing commit's snapshot, and before its vote was durable, votes still", async () => {
    net = new EpochNetwork(4, 0);
    const dies = (op: StoreOp): boolean => op.space === "meta" && op.key.startsWith("ledger-snapshot");
    let failed: unknown;
    const store = dying(new MemoryStore(sha256, net.disks[2]), { dies, isDone: true });
    // The fourth is away: without this vote there is no quorum of them.
    for (const node of [0, 1]) await net.start(node);
    await net.start(2, { store, snapshotEveryCommits: 1_000_000, onFatal: (error) => (failed ??= error) });
    await changeAnything(0, [1, 2]);
    await until(net, "the disk is gone", () => failed !== undefined);
    await net.at(2).stop();
    await net.start(2);
    await allIn(net, 1, [0, 1, 2]);
  }, 200_000);

  test("who catches up by ranges over the commit that ends the epoch marks its end", async () => {
    const sync = { gapCommits: 16, retryMs: 100, pauseMs: 50 };
    net = new EpochNetwork(4, 0);
    for (const node of ALL) await net.start(node, { sync });
    await until(net, "all have commits", () => ALL.every((node) => executedBy(node) >= 3));
    await net.at(3).stop();
    net.nodes[3] = undefined;
    // It has once forgotten what it signed, and so marks no end: that waits for node 3.
    await net.at(2).stop();
    await (await ChainStore.open(new MemoryStore(sha256, net.disks[2]), sha256)).past.markForgotten();
    await net.start(2, { sync });
    await changeAnything(0, [1, 2]);
    await until(net, "the epoch ends", () => net.at(0).services.epochInfo().isEnding);
    const ending = executedBy(0);
    await until(net, "the others go on", () => executedBy(0) >= ending + 60);
    expect(net.epochOf(0)).toBe(0);
    await net.start(3, { sync });
    await allIn(net, 1, ALL);
  }, 200_000);

  test("a node that slept through two changes follows both", async () => {
    net = new EpochNetwork(4, 0);
    for (const node of ALL) await net.start(node);
    await net.submit(3, Buffer.from("before", "utf8"));
    await net.at(3).stop();
    net.nodes[3] = undefined;
    await changeAnything(0, [1, 2]);
    await allIn(net, 1, [0, 1, 2]);
    await changeAnything(1, [0, 2]);
    await allIn(net, 2, [0, 1, 2]);
    await net.start(3);
    await allIn(net, 2, ALL);
    await net.submit(3, Buffer.from("after", "utf8"));
  }, 200_000);
});

describe("a chain whose coin has a key", () => {
  test("the next key is dealt over the chain, whatever one dealer deals, also by one that restarts, and opens the coin", async () => {
    net = new EpochNetwork(4, 0, { coin: "dealer" });
    let failed: unknown;
    for (const node of [0, 1]) await net.start(node);
    // Neither deals: without its signing key's seed a node knows nothing to deal from.
    await net.start(2, { identity: net.identity(2) });
    await net.start(3, { identity: net.identity(3), onFatal: (error) => (failed = error) });
    const proposal = await net.change([], 0, [1, 2]);
    const dealings = () => net.at(0).services.epochInfo().approved?.dealings;
    const verdictOn = (member: number) => dealings()?.dealers.find(({ dealer }) => dealer === member)?.verdict;
    await until(net, "the change is approved", () => dealings() !== undefined);
    await net.dealBadly(3, { proposal, sizeBytes: dealings()?.sizeBytes ?? 0 });
    await until(net, "it is found out", () => verdictOn(3) === "refused");
    await until(net, "two deal", () => verdictOn(0) === "counted" && verdictOn(1) === "counted");
    expect(dealings()?.isComplete).toBe(false);

    await net.at(2).stop();
    await net.start(2);
    await allIn(net, 1, [0, 1, 2]);
    expect(net.at(0).services.status()).toMatchObject({ coin: "dealt" });
    const { index } = net.at(0).services.epochInfo().start.base;
    // Round 13 carries the first shares; nothing after the slot of round 8 is output unless they open the coin.
    await until(net, "coin slots are decided", () => net.at(0).services.status().engine.lastCommitIndex > index + 25);
    await net.at(1).stop();
    await net.start(1);
    await net.submit(1, Buffer.from("after a restart", "utf8"));
    // It was dealt shares too, but has no secret to open them with.
    expect(failed).toMatchObject({ code: "KEY_MALFORMED" });
  }, 300_000);
});
