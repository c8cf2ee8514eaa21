// The executor: one commit after the other, results on disk before the engine hears of them, and a bound on running ahead.

import { MemoryStore } from "@selvedge/integrity";
import { createLedger, type DoneResult } from "@selvedge/ledger";
import { LedgerScenario, ackBlocks } from "@selvedge/ledger/testing";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { Executor } from "../../src/host/executor.ts";
import { PayloadStore } from "../../src/storage/payload-store.ts";
import { StateStore } from "../../src/storage/state-store.ts";
import { directWork } from "../daemon/local-network.ts";

function world(options: { lagMax?: number; hold?: Promise<void> } = {}): {
  scenario: LedgerScenario;
  executor: Executor;
  done: DoneResult[];
  state: StateStore;
  failures: unknown[];
} {
  const scenario = new LedgerScenario();
  const store = new MemoryStore(sha256);
  const state = new StateStore(store, sha256);
  const done: DoneResult[] = [];
  const failures: unknown[] = [];
  const executor = new Executor(
    {
      ledger: createLedger(scenario.options),
      state,
      payloads: new PayloadStore(store, sha256),
      obtain: async ({ payloadRoot }) => {
        await options.hold;
        const bytes = scenario.blobs.get(payloadRoot);
        if (bytes === undefined) throw new Error("no such payload");
        return bytes;
      },
      work: directWork,
      chunkBytes: scenario.genesis.params.payloadChunkBytes,
      snapshotEveryCommits: 2,
      lagMax: options.lagMax ?? 100,
      onExecuted: (result) => done.push(result),
    },
    (error) => failures.push(error),
  );
  return { scenario, executor, done, state, failures };
}

/** Commits that close a version, then empty ones. */
function commits(scenario: LedgerScenario, emptyCount: number): Parameters<Executor["enqueue"]>[0][] {
  const updates = [scenario.update({ device: 0 }), scenario.update({ device: 1 })];
  const acks = updates.map(({ digest }) => ({ update: digest, score: null }));
  const sorted = acks.toSorted((left, right) => (left.update < right.update ? -1 : 1));
  const closing = scenario.commit([{ author: 0, updates }, ...ackBlocks([0, 1, 2], sorted)]);
  const empty = Array.from({ length: emptyCount }, () => scenario.commit());
  return [closing, ...empty].map(({ commit, blocks, consensusStateDigest }) => ({
    sealed: commit,
    blocks,
    consensusStateDigest,
  }));
}

describe("executor", () => {
  it("executes in order, aggregates, and stores roots, versions and snapshots", async () => {
    const { scenario, executor, done, state, failures } = world();
    for (const commit of commits(scenario, 4)) executor.enqueue(commit);
    await executor.idle();
    expect(failures).toEqual([]);
    expect(done.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
    expect(done[0]?.events.some(({ type }) => type === "versionClosed")).toBe(true);
    for (const { index, stateRoot } of done) expect(await state.stateRoot(index)).toBe(stateRoot);
    expect((await state.snapshot())?.index).toBe(4);
    const versions = await Array.fromAsync(state.versions(scenario.model().id));
    expect(versions.map(({ record }) => record.version)).toEqual([1]);
  });

  it("ignores what is executed already", async () => {
    const { scenario, executor, done } = world();
    const [first, second] = commits(scenario, 1);
    if (first === undefined || second === undefined) throw new Error("two commits were made");
    executor.enqueue(first);
    await executor.idle();
    executor.enqueue(first);
    executor.enqueue(second);
    await executor.idle();
    expect(done.map(({ index }) => index)).toEqual([1, 2]);
  });

  it("makes the host wait once the lag exceeds its bound, and lets it go on within it", async () => {
    const hold = Promise.withResolvers<void>();
    const { scenario, executor, done } = world({ lagMax: 3, hold: hold.promise });
    const all = commits(scenario, 6);
    for (const commit of all.slice(0, 4)) executor.enqueue(commit);
    expect(executor.roomToRunAhead()).toBeUndefined();
    for (const commit of all.slice(4)) executor.enqueue(commit);
    let isReleased = false;
    const room = executor.roomToRunAhead()?.then(() => {
      isReleased = true;
    });
    expect(room).toBeDefined();
    await Promise.resolve();
    expect(isReleased).toBe(false);
    hold.resolve();
    await room;
    await executor.idle();
    expect(done).toHaveLength(7);
  });

  it("releases who waits when it stops, and reports a failure once", async () => {
    const never = Promise.withResolvers<void>();
    const { scenario, executor, failures } = world({ lagMax: 0, hold: never.promise });
    const all = commits(scenario, 3);
    for (const commit of all) executor.enqueue(commit);
    const room = executor.roomToRunAhead();
    const stopping = executor.stop();
    await room;
    never.reject(new Error("the network is gone"));
    await stopping;
    expect(failures).toEqual([]);
  });

  it("a failure ends it: nobody waits for it any more, and what comes later is not executed", async () => {
    const never = Promise.withResolvers<void>();
    const { scenario, executor, done, failures } = world({ lagMax: 0, hold: never.promise });
    const [first, second, third, fourth] = commits(scenario, 3);
    if (first === undefined || second === undefined || third === undefined || fourth === undefined)
      throw new Error("four commits were made");
    for (const commit of [first, second, third]) executor.enqueue(commit);
    const room = executor.roomToRunAhead();
    never.reject(new Error("the disk is gone"));
    await room;
    await executor.idle();
    executor.enqueue(fourth);
    await executor.idle();
    expect(failures).toHaveLength(1);
    expect(done).toEqual([]);
  });
});
