// Pruning of a stopped and of a running node, on real LevelDB homes: what goes, what stays, what it frees, and that a
// pass that is cut off anywhere ends like one that was not.

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { STORE_SPACES, type Store, commitIndex } from "@selvedge/integrity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { homePaths } from "../../src/config/home.ts";
import { sha256 } from "../../src/crypto.ts";
import { openStore } from "../../src/daemon/home.ts";
import { readCommit } from "../../src/daemon/restore.ts";
import { prunePolicyOf } from "../../src/prune/policy.ts";
import { pruneHome } from "../../src/prune/prune-home.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";
import { diskUse } from "../../src/storage/disk-use.ts";
import { readPruneMark } from "../../src/storage/prune-mark.ts";
import { verifyHome } from "../../src/verify/verify-home.ts";
import { FIXTURE_KEEP_MIN, HomeFixture } from "../home-fixture.ts";

const KEEP = FIXTURE_KEEP_MIN + 10;
const NEVER = new AbortController().signal;
/** Of what a hundred commits take: a removal that frees nothing would stay above it. */
const SHRUNK = 0.6;

let fixture: HomeFixture;
let folder = "";
let oldRoots: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-prune-"));
  fixture = await HomeFixture.create();
  await fixture.start({ keepCommits: null, snapshotSpacing: 10 });
  for (let round = 0; round < 4; round += 1) {
    oldRoots.push(await fixture.train());
    await fixture.grow(30);
  }
  await fixture.train();
  await fixture.stop();
  oldRoots = oldRoots.slice(0, 2);
}, 60_000);

afterAll(async () => {
  await fixture.remove();
  await rm(folder, { recursive: true, force: true });
});

async function copyOf(name: string): Promise<string> {
  const target = join(folder, name);
  await cp(fixture.paths.root, target, { recursive: true });
  return target;
}

async function withStore<Value>(home: string, work: (store: Store) => Promise<Value>): Promise<Value> {
  const store = await openStore(homePaths(home), fixture.network.bundle.genesis);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function contentOf(home: string): Promise<readonly string[]> {
  return withStore(home, async (store) => {
    const records: string[] = [];
    for (const space of STORE_SPACES)
      for await (const { key, value } of store.iterate(space))
        records.push(`${space}/${key} ${Buffer.from(sha256(value)).toString("hex")}`);
    return records;
  });
}

async function verified(home: string, full = true): ReturnType<typeof verifyHome> {
  return verifyHome({ home, full, restart: true });
}

describe("prune", () => {
  test("frees what it said it would, really shrinks the disk, and what is left verifies from the kept snapshot on", async () => {
    const home = await copyOf("plain");
    const whole = await verified(home);
    const before = await diskUse(homePaths(home).chainData);
    const dry = await pruneHome({ home, keepCommits: KEEP, isDryRun: true, signal: NEVER });
    expect(await diskUse(homePaths(home).chainData)).toBeGreaterThan(before * 0.9);
    const wet = await pruneHome({ home, keepCommits: KEEP, isDryRun: false, signal: NEVER });
    expect(wet.totals).toEqual(dry.totals);
    expect(wet.totals.commits).toBeGreaterThan(20);
    expect(wet.totals.payloads).toBeGreaterThan(1);
    expect(await diskUse(homePaths(home).chainData)).toBeLessThan(before * SHRUNK);
    const left = await verified(home);
    expect(left).toMatchObject({
      isComplete: true,
      stateRoot: whole.stateRoot,
      models: whole.models,
      lastCommit: whole.lastCommit,
      prunedTo: wet.mark?.base,
    });
    expect(left.commits).toBe(whole.lastCommit - (wet.mark?.base ?? 0));
    // Nothing is left to do.
    const again = await pruneHome({ home, keepCommits: KEEP, isDryRun: false, signal: NEVER });
    expect(again.totals.commits + again.totals.blocks + again.totals.payloads).toBe(0);
  });

  test("keeps every commit of the policy with its blocks, all version records, the index of transactions, and knows the blocks it removed (F67, D1)", async () => {
    const home = await copyOf("kept");
    const removed = await withStore(home, async (store) => {
      const chain = await ChainStore.open(store, sha256);
      const first = await chain.commit(1);
      return first === undefined ? [] : readCommit(first).commit.blocks;
    });
    expect(removed.length).toBeGreaterThan(0);
    const versionsBefore = (await contentOf(home)).filter((record) => record.startsWith("versions/"));
    const { mark, executedIndex } = await pruneHome({ home, keepCommits: KEEP, isDryRun: false, signal: NEVER });
    const content = await contentOf(home);
    expect(content.filter((record) => record.startsWith("versions/"))).toEqual(versionsBefore);
    for (const digest of fixture.transactions)
      expect(content.some((record) => record.startsWith(`state/transaction/${digest}`))).toBe(true);
    for (const root of oldRoots) expect(content.some((record) => record.startsWith(`payload/${root}`))).toBe(false);
    await withStore(home, async (store) => {
      const chain = await ChainStore.open(store, sha256);
      expect(await chain.commit(1)).toBeUndefined();
      expect(await chain.blocks(removed)).toEqual(removed.map(() => undefined));
      expect(await chain.holds(removed)).toEqual(removed.map(() => true));
      const base = mark?.base ?? 0;
      expect(executedIndex - base).toBeGreaterThanOrEqual(KEEP);
      for (let index = base + 1; index <= executedIndex; index += 1) {
        const stored = await chain.commit(commitIndex(index));
        if (stored === undefined) throw new Error(`commit ${index} is gone`);
        for (const bytes of await chain.blocks(readCommit(stored).commit.blocks)) expect(bytes).toBeDefined();
      }
    });
  });

  test("cut off after any batch, a second run ends with the same home as one that was not (F05)", async () => {
    const whole = await copyOf("whole-run");
    await pruneHome({ home: whole, keepCommits: KEEP, isDryRun: false, signal: NEVER });
    const wanted = await contentOf(whole);
    for (const batches of [1, 2, 4, 7, 12, 20]) {
      const home = await copyOf(`cut-${batches}`);
      const cut = new AbortController();
      let left = batches;
      const signal = {
        throwIfAborted: () => {
          left -= 1;
          if (left <= 0) cut.abort();
          cut.signal.throwIfAborted();
        },
      } as AbortSignal;
      await expect(pruneHome({ home, keepCommits: KEEP, isDryRun: false, signal, batchOpsMax: 16 })).rejects.toThrow();
      expect(await withStore(home, async (store) => (await readPruneMark(store))?.isDone)).toBe(false);
      // Even half done, it is sound above the mark.
      expect(await verified(home, false)).toMatchObject({ isComplete: true });
      await pruneHome({ home, keepCommits: KEEP, isDryRun: false, signal: NEVER });
      expect(await contentOf(home)).toEqual(wanted);
    }
  });

  test("refuses to keep fewer commits than the node itself needs", () => {
    const { params } = fixture.network.bundle.genesis;
    expect(() => prunePolicyOf(`${FIXTURE_KEEP_MIN - 1} commits`, params)).toThrow(/at least 30 commits/u);
    expect(() => prunePolicyOf("a week", params)).toThrow(/prune\.keep/u);
    expect(prunePolicyOf("40 commits", params)).toEqual({ keepCommits: 40, snapshotSpacing: 10 });
    expect(prunePolicyOf("all", params).keepCommits).toBeNull();
  });
});

describe("a running node", () => {
  test("prunes in the background, goes on committing and training, restarts, and verifies", async () => {
    const live = await HomeFixture.create();
    try {
      const policy = { keepCommits: KEEP, snapshotSpacing: 10 };
      await live.start(policy);
      const roots: string[] = [];
      for (let round = 0; round < 4; round += 1) {
        roots.push(await live.train());
        await live.grow(30);
      }
      const old = live.transactions[0];
      await live.stop();
      const first = await withHome(live);
      expect(first.base).toBeGreaterThan(0);
      await live.start(policy);
      await live.train();
      // Known from before the horizon: never committed twice (F67).
      if (old !== undefined) expect((await live.node.services.transactionView(old)).state).toBe("committed");
      await live.grow(40);
      for (let tries = 0; (await live.node.services.payloadSize(roots[0] as never)) !== undefined; tries += 1) {
        if (tries > 400) throw new Error("the first payload is still there");
        await live.grow(1);
        await delay(5);
      }
      await live.stop();
      expect(live.failures).toEqual([]);
      expect((await withHome(live)).base).toBeGreaterThan(first.base);
      expect(await verified(live.paths.root)).toMatchObject({ isComplete: true });
    } finally {
      await live.remove();
    }
  }, 60_000);
});

async function withHome(live: HomeFixture): Promise<{ readonly base: number }> {
  const store = await openStore(live.paths, live.network.bundle.genesis);
  try {
    return { base: (await readPruneMark(store))?.base ?? 0 };
  } finally {
    await store.close();
  }
}
