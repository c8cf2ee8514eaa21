// What a restart reads back is what was persisted, in the order it was accepted.

import type { PersistEffect } from "@selvedge/consensus";
import { createTestChain } from "@selvedge/consensus/testing";
import {
  type CommitDigest,
  MemoryDisk,
  MemoryStore,
  type VerifiedBlock,
  buildBlock,
  commitIndex,
  epoch,
  genesisRefs,
  mustExist,
  round,
  score,
  sealCommit,
  updateKeyOf,
  validatorIndex,
  zeroDigest,
} from "@selvedge/integrity";
import { EMPTY_BODY } from "@selvedge/integrity/testing";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";

const chain = createTestChain({ size: 4 });
const PLACE = { epoch: 1, baseIndex: 0 };
const parents = genesisRefs({ chainId: chain.chainId, epoch: epoch(0), size: 4 }, sha256);

function block(author: number, at: number): VerifiedBlock {
  const header = {
    version: 1 as const,
    chainId: chain.chainId,
    epoch: epoch(0),
    round: round(at),
    author: validatorIndex(author),
    parents,
    coinShare: null,
    commitVotes: [],
    checkpointVotes: [],
    timestampMs: at,
  };
  return buildBlock({ header, body: EMPTY_BODY }, mustExist(chain.signers[author], "a member"), sha256);
}

function effect(blocks: readonly VerifiedBlock[], more: Partial<PersistEffect> = {}): PersistEffect {
  return { type: "persist", sync: false, blocks, commits: [], signed: null, acked: [], unseen: [], ...more };
}

describe("chain store", () => {
  it("gives blocks back in the order they were accepted, over restarts too", async () => {
    const disk = new MemoryDisk();
    const first = await ChainStore.open(new MemoryStore(sha256, disk), sha256);
    const accepted = [block(2, 3), block(0, 1), block(1, 2)];
    await first.persist(effect(accepted.slice(0, 2)));
    const again = await ChainStore.open(new MemoryStore(sha256, disk), sha256);
    await again.persist(effect(accepted.slice(2)));
    const stored = await again.blocksFrom(0);
    expect(stored.map(({ bytes }) => Buffer.from(bytes).toString("hex"))).toEqual(
      accepted.map(({ bytes }) => Buffer.from(bytes).toString("hex")),
    );
    expect((await again.blocksFrom(2)).map(({ acceptedAs }) => acceptedAs)).toEqual([1, 3]);
  });

  it("serves rounds lowest first, within the page's bounds, and at least one block", async () => {
    const store = await ChainStore.open(new MemoryStore(sha256), sha256);
    const all = [1, 2, 3].flatMap((at) => [0, 1, 2].map((author) => block(author, at)));
    await store.persist(effect(all.toReversed()));
    const whole = await store.blocksInRounds(1, 3, { blocksMax: 100, bytesMax: 1e9 });
    expect(whole).toHaveLength(9);
    expect(await store.blocksInRounds(2, 2, { blocksMax: 100, bytesMax: 1e9 })).toHaveLength(3);
    expect(await store.blocksInRounds(1, 3, { blocksMax: 4, bytesMax: 1e9 })).toEqual(whole.slice(0, 4));
    expect(await store.blocksInRounds(1, 3, { blocksMax: 100, bytesMax: 1 })).toEqual(whole.slice(0, 1));
  });

  it("F80: serves blocks by digest within the page's bounds, and holds no more in memory than a few beyond", async () => {
    const memory = new MemoryStore(sha256);
    let readCount = 0;
    const counting = new Proxy(memory, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== "getMany") return typeof value === "function" ? value.bind(target) : value;
        return (...args: Parameters<MemoryStore["getMany"]>) => {
          readCount += args[1].length;
          return target.getMany(...args);
        };
      },
    });
    const store = await ChainStore.open(counting, sha256);
    const all = Array.from({ length: 30 }, (_, at) => block(1, at + 1));
    await store.persist(effect(all));
    const refs = all.map(({ ref }) => ref);
    const bytes = all.map((one) => one.bytes);
    const page = { blocksMax: 100, bytesMax: 1e9 };
    expect(await store.blocksOnPage(refs, page)).toEqual(bytes);
    expect(await store.blocksOnPage(refs, { ...page, blocksMax: 10 })).toEqual(bytes.slice(0, 10));
    readCount = 0;
    expect(await store.blocksOnPage(refs, { ...page, bytesMax: 1 })).toEqual(bytes.slice(0, 1));
    expect(readCount).toBeLessThan(10);
    const same = Array.from({ length: 100 }, () => mustExist(refs[7], "there are 30"));
    readCount = 0;
    expect(await store.blocksOnPage(same, page)).toEqual(bytes.slice(7, 8));
    expect(readCount).toBe(1);
    const absent = block(2, 1).ref;
    expect(await store.blocksOnPage([absent, ...refs.slice(0, 2)], page)).toEqual(bytes.slice(0, 2));
  });

  it("serves one author's blocks by rounds within a page, and tells the newest of each author", async () => {
    const store = await ChainStore.open(new MemoryStore(sha256), sha256);
    expect(await store.newestBlocks()).toEqual([]);
    const all = [1, 2, 4, 5].flatMap((at) => [0, 1, 2].map((author) => block(author, at)));
    await store.persist(effect(all.toReversed()));
    const own = all.filter(({ ref }) => ref.author === 1).map(({ bytes }) => bytes);
    const ofOne = { author: validatorIndex(1), fromRound: 1, toRound: 9 };
    const page = { blocksMax: 100, bytesMax: 1e9 };
    expect(await store.blocksOfAuthor(ofOne, page)).toEqual(own);
    expect(await store.blocksOfAuthor({ ...ofOne, fromRound: 2, toRound: 4 }, page)).toEqual(own.slice(1, 3));
    expect(await store.blocksOfAuthor(ofOne, { ...page, bytesMax: 1 })).toEqual(own.slice(0, 1));
    expect(await store.blocksOfAuthor(ofOne, { ...page, blocksMax: 3 }), "three rounds are looked at").toEqual(
      own.slice(0, 2),
    );
    expect((await store.newestBlocks()).map(({ author, round: at }) => [author, at])).toEqual([
      [0, 5],
      [1, 5],
      [2, 5],
    ]);
  });

  it("keeps commits, the newest consensus state, acks, the newest own block and equivocators", async () => {
    const store = await ChainStore.open(new MemoryStore(sha256), sha256);
    expect(await store.lastCommit()).toBeUndefined();
    const own = block(0, 1);
    const update = chain.update(1, 1);
    let previous: CommitDigest = zeroDigest();
    for (const at of [1, 2, 3]) {
      const sealed = sealCommit(
        {
          index: commitIndex(at),
          previous,
          epoch: epoch(0),
          slot: { kind: "P", number: at },
          leader: own.ref,
          blocks: [own.ref],
          timestampMs: at,
        },
        sha256,
      );
      previous = sealed.digest;
      await store.persist(
        effect([own], {
          commits: [{ sealed, consensusState: Uint8Array.of(at) }],
          signed: { epoch: epoch(0), round: round(1), digest: own.ref.digest },
          acked: [{ key: "device/model/1", update: update.digest }],
        }),
      );
    }
    expect((await store.lastCommit())?.consensusState).toEqual(Uint8Array.of(3));
    expect((await store.lastCommit())?.commit.digest).toBe(previous);
    expect((await store.recentCommits(2)).map(({ index }) => index)).toEqual([2, 3]);
    expect(await store.acks.acked()).toEqual([{ key: "device/model/1", update: update.digest }]);
    expect(await store.past.newestBlock()).toEqual(own.bytes);
    await store.putEquivocator(validatorIndex(2));
    expect(await store.equivocators()).toEqual([2]);
    expect(await store.block(own.ref)).toEqual(own.bytes);
    expect(await store.blocks([block(3, 9).ref, own.ref])).toEqual([undefined, own.bytes]);
  });

  it("is recovering from an amnesia on, over restarts, until it holds a block made since", async () => {
    const disk = new MemoryDisk();
    const open = (): Promise<ChainStore> => ChainStore.open(new MemoryStore(sha256, disk), sha256);
    const store = await open();
    expect(store.past.isRecovering).toBe(false);
    await store.persist(effect([], { sync: true, hasForgotten: true, isRecovering: true }));
    expect(store.past.isRecovering).toBe(true);
    const again = await open();
    // What others give back is not what it makes.
    await again.persist(effect([block(1, 4)]));
    expect((await open()).past.isRecovering).toBe(true);
    const made = block(1, 9);
    await again.persist(effect([made], { signed: { epoch: epoch(0), round: round(9), digest: made.ref.digest } }));
    expect(again.past.isRecovering).toBe(false);
    const last = await open();
    expect([last.past.isRecovering, await last.past.hasForgotten()]).toEqual([false, true]);
    // As every start of an amnesiac says: nothing new is forgotten.
    await last.persist(effect([], { sync: true, hasForgotten: true }));
    expect((await open()).past.isRecovering).toBe(false);
  });

  it("U5: gives back the acks that are due again, over restarts, until a block of ours has them", async () => {
    const disk = new MemoryDisk();
    const open = (): Promise<ChainStore> => ChainStore.open(new MemoryStore(sha256, disk), sha256, PLACE);
    const updates = [1, 2, 3].map((sequence) => chain.update(0, sequence));
    const acks = updates.map(({ digest: update }, at) => ({ update, score: at === 0 ? null : score(-(2 ** 40) + at) }));
    const [first, second, third] = acks.map((ack) => mustExist(ack, "one for each update"));
    const store = await open();
    await store.persist(effect([], { acksDue: acks.slice(0, 2) }));
    expect(new Set(await (await open()).acks.due())).toEqual(new Set([first, second]));
    const own = block(1, 9);
    const signed = { epoch: epoch(0), round: round(9), digest: own.ref.digest };
    const acked = updates.map((update) => ({ key: updateKeyOf(update.header), update: update.digest }));
    // The very step that makes the block may pass others by.
    await store.persist(effect([own], { signed, acked, acksDue: acks.slice(2) }));
    expect(await (await open()).acks.due()).toEqual([third]);
    const earlier = await ChainStore.open(new MemoryStore(sha256, disk), sha256);
    expect(await earlier.acks.due(), "those of another epoch are its own").toEqual([]);
  });

  it("that has commits but lost its consensus state is damaged, not new", async () => {
    const disk = new MemoryDisk();
    const store = new MemoryStore(sha256, disk);
    const first = await ChainStore.open(store, sha256);
    const leader = block(0, 1);
    const sealed = sealCommit(
      {
        epoch: epoch(0),
        index: commitIndex(1),
        slot: { kind: "P", number: 1 },
        leader: leader.ref,
        previous: zeroDigest<CommitDigest>(),
        blocks: [leader.ref],
        timestampMs: 1,
      },
      sha256,
    );
    await first.persist(effect([leader], { commits: [{ sealed, consensusState: Uint8Array.of(1) }] }));
    await store.batch([{ type: "delete", space: "meta", key: "consensus-state" }], { sync: false });
    await expect(first.lastCommit()).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  });
});
