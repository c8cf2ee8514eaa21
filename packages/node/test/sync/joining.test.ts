// Ways to join a chain among peers that tell the truth, lie, stall or have forgotten: every lie costs the liar, none
// costs the joiner more than asking somebody else.

import {
  type Sha256,
  type Store,
  type StoreOp,
  chainIdOf,
  commitIndex,
  committeeOf,
  digestFromBytes,
  encodeCheckpoint,
  epochStartOf,
  verifyBlock,
} from "@selvedge/integrity";
import { createLedger } from "@selvedge/ledger";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createNodeCrypto, sha256 } from "../../src/crypto.ts";
import { commitsToExecute } from "../../src/daemon/restore.ts";
import { blockContextOf, epochAt } from "../../src/epoch/epoch-at.ts";
import type { ChainAnswer } from "../../src/network/transport.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";
import { SnapshotStore } from "../../src/storage/snapshot-store.ts";
import { StateStore } from "../../src/storage/state-store.ts";
import { TransferStore } from "../../src/storage/transfer-store.ts";
import { JOINER, type Joining, type PlayedPeer, RecordedChain } from "./recorded-chain.ts";

const HONEST: PlayedPeer = {};
const COMMITS = 64;

let recorded: RecordedChain;
let target = 0;
let joining: Joining | undefined;

beforeAll(async () => {
  recorded = await RecordedChain.make(COMMITS);
  target = await recorded.certifiedIndex();
}, 60_000);

afterEach(async () => {
  await joining?.stop();
  joining = undefined;
  expect(recorded.local.failures.splice(0)).toEqual([]);
});

/** The joiner has executed all but the rest that its engine would pull, and its state is that of the peers. */
async function expectCaughtUp({ node }: Joining): Promise<void> {
  const reached = (): number => node.services.status().executedIndex;
  while (reached() < target - 16 || node.services.status().engine.isCatchingUp)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const index = reached();
  expect(await recorded.stateRoot(JOINER, index)).toBe(await recorded.stateRoot(0, index));
}

/** As `peer` answers questions of one type; to all others it is honest. */
function lying(
  type: ChainAnswer["type"],
  lie: (answer: ChainAnswer | undefined) => ChainAnswer | undefined,
): PlayedPeer {
  return { chain: (request, honest) => (request.type === type ? lie(honest) : honest) };
}

function flipped(bytes: Uint8Array): Uint8Array {
  return bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
}

/** A snapshot of that commit as sound as the true one, of a state that differs in its consensus alone. */
async function stateBeside(index: number): Promise<Uint8Array> {
  const { genesis } = recorded.local;
  const { params } = genesis;
  const chainId = chainIdOf(genesis, sha256);
  const crypto = createNodeCrypto();
  const context = blockContextOf(epochAt(epochStartOf(genesis), null), { chainId, params, crypto });
  const chain = await ChainStore.open(recorded.store(0), sha256);
  const ledger = createLedger({ genesis, chainId, committee: committeeOf(genesis), crypto });
  for await (const input of commitsToExecute(chain, (bytes) => verifyBlock(bytes, context), 0)) {
    const isLast = input.commit.commit.index === index;
    ledger.apply(isLast ? { ...input, consensusStateDigest: digestFromBytes(new Uint8Array(32).fill(1)) } : input);
    if (isLast) break;
  }
  return ledger.exportSnapshot();
}

/** What is written to it as a commit's state root is that of another state. */
function rootsChanged(store: Store): Store {
  const changed = (op: StoreOp): StoreOp =>
    op.type === "put" && op.space === "state" && op.key.startsWith("root/") ? { ...op, value: flipped(op.value) } : op;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "batch") return typeof value === "function" ? value.bind(target) : value;
      return (ops: readonly StoreOp[], options: { readonly sync: boolean }) => target.batch(ops.map(changed), options);
    },
  });
}

const silence = (): Promise<never> => new Promise<never>(() => undefined);

describe("joining by ranges", () => {
  it("takes every commit from honest peers and blames nobody", async () => {
    joining = await recorded.join([HONEST, HONEST, HONEST]);
    await expectCaughtUp(joining);
    for (const peer of [0, 1, 2]) expect(joining.penaltyOf(peer)).toBe(0);
    const chain = await ChainStore.open(recorded.store(JOINER), sha256);
    expect(await chain.commit(1)).toBeDefined();
  });

  const liars: Record<string, PlayedPeer> = {
    "a certificate with a broken signature": lying("checkpoint", (answer) =>
      answer?.type === "checkpoint" && answer.certificate !== null
        ? { ...answer, certificate: flipped(answer.certificate) }
        : answer,
    ),
    "bytes that are no certificate": lying("checkpoint", () => ({
      type: "checkpoint",
      certificate: Uint8Array.of(1, 2, 3),
    })),
    "commits off the certified chain": lying("commits", (answer) =>
      answer?.type === "commits" ? { ...answer, commits: answer.commits.map(flipped) } : answer,
    ),
    "commits of other places": lying("commits", (answer) =>
      answer?.type === "commits" ? { ...answer, commits: answer.commits.toReversed() } : answer,
    ),
    "the right digests with wrong bytes": { blocks: (_request, honest) => honest.map(flipped) },
    "blocks twice": { blocks: (_request, honest) => [...honest, ...honest] },
  };

  it.each(Object.entries(liars))(
    "F62, F80, F89: who answers with %s pays for it, and the rest is enough",
    async (_name, liar) => {
      joining = await recorded.join([liar, HONEST, HONEST]);
      await expectCaughtUp(joining);
      // Scores halve with time.
      expect(joining.penaltyOf(0)).toBeGreaterThan(40);
      expect(joining.penaltyOf(1)).toBe(0);
      expect(joining.penaltyOf(2)).toBe(0);
    },
  );

  it("F39, F80: who stalls is left for the next one, and is not accused of anything", async () => {
    joining = await recorded.join([{ chain: silence, blocks: silence }, HONEST, HONEST]);
    await expectCaughtUp(joining);
    expect(joining.penaltyOf(0)).toBe(0);
  });

  it("F62: who shows an old certificate for the newest one does not hold the joiner up", async () => {
    const old = await new StateStore(recorded.store(0), sha256).checkpointUpTo(commitIndex(9));
    expect(old).toBeDefined();
    const stale: PlayedPeer = {
      chain: (request, honest) =>
        request.type === "checkpoint" && request.index === null && old !== undefined
          ? { type: "checkpoint", certificate: encodeCheckpoint(old) }
          : honest,
    };
    joining = await recorded.join([stale, HONEST, HONEST]);
    await expectCaughtUp(joining);
  });

  it("who has nothing to give is not blamed", async () => {
    const empty: PlayedPeer = { chain: () => undefined, blocks: () => [] };
    joining = await recorded.join([empty, HONEST, empty]);
    await expectCaughtUp(joining);
    for (const peer of [0, 1, 2]) expect(joining.penaltyOf(peer)).toBe(0);
  });

  it("F06: a joiner that stops in the middle goes on from what it had stored", async () => {
    joining = await recorded.join([HONEST, HONEST, HONEST]);
    while (joining.node.services.status().executedIndex < 5) await new Promise((resolve) => setImmediate(resolve));
    await joining.stop();
    const chain = await ChainStore.open(recorded.store(JOINER), sha256);
    expect(await chain.lastCommit()).toBeDefined();
    joining = await recorded.join([HONEST, HONEST, HONEST], { wipe: false });
    await expectCaughtUp(joining);
  });

  it("a node whose ledger makes another state of a range than the quorum signed stops", async () => {
    recorded.local.wipe(JOINER);
    const store = rootsChanged(recorded.store(JOINER));
    joining = await recorded.join([HONEST, HONEST, HONEST], { wipe: false, store });
    const { failures } = recorded.local;
    const { services } = joining.node;
    while (failures.length === 0 && services.status().executedIndex < target - 16)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failures.splice(0)).toEqual([expect.objectContaining({ code: "STATE_DIVERGED" })]);
  });

  it("takes a state at its next start where nobody serves the commits any more", async () => {
    const pruned = lying("commits", (answer) => (answer?.type === "commits" ? { ...answer, commits: [] } : answer));
    const failures: unknown[] = [];
    const options = {
      sync: { gapCommits: 10, retryMs: 50, pauseMs: 5 },
      onFatal: (error: unknown) => failures.push(error),
    };
    joining = await recorded.join([pruned, pruned, pruned], options);
    while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(failures).toEqual([expect.objectContaining({ code: "SYNC_RANGE_GONE", exitCode: 75 })]);
    for (const peer of [0, 1, 2]) expect(joining.penaltyOf(peer)).toBe(0);
    await joining.stop();
    const keepsLast: PlayedPeer = {
      chain: (request, honest) =>
        request.type === "commits" && request.fromIndex < 20 ? { type: "commits", commits: [] } : honest,
    };
    joining = await recorded.join([keepsLast, keepsLast, keepsLast], { wipe: false });
    await expectCaughtUp(joining);
  });
});

describe("joining from a state", () => {
  const sync = { mode: "state", gapCommits: 10, retryMs: 50 } as const;

  async function firstCommit(): Promise<number> {
    for await (const { key } of recorded.store(JOINER).iterate("commits", { limit: 1 }))
      return Number.parseInt(key, 16);
    return 0;
  }

  it("begins at a certified snapshot, goes on from there, and leaves nothing of the transfer behind", async () => {
    joining = await recorded.join([HONEST, HONEST, HONEST], { sync });
    await expectCaughtUp(joining);
    expect(await firstCommit()).toBeGreaterThan(1);
    for (const peer of [0, 1, 2]) expect(joining.penaltyOf(peer)).toBe(0);
    expect(await new TransferStore(recorded.store(JOINER)).isDue()).toBe(false);
    const latest = await new StateStore(recorded.store(JOINER), sha256).latestCheckpoint();
    expect(latest).toBeDefined();
  });

  it("F63: who serves portions of another state pays for it", async () => {
    const liar = lying("state", (answer) =>
      answer?.type === "state" && answer.totalBytes > 1000 ? { ...answer, bytes: flipped(answer.bytes) } : answer,
    );
    joining = await recorded.join([liar, liar, HONEST], { sync });
    await expectCaughtUp(joining);
    expect(await firstCommit()).toBeGreaterThan(1);
    expect(Math.max(joining.penaltyOf(0), joining.penaltyOf(1))).toBeGreaterThan(40);
    expect(joining.penaltyOf(2)).toBe(0);
  });

  it("F63: a manifest of another state is found out, and another peer's is taken", async () => {
    const forged = Uint8Array.from({ length: 5000 }, (_, index) => index % 7);
    const hash = (sha256 satisfies Sha256)(forged);
    const liar: PlayedPeer = {
      chain: (request, honest) => {
        if (request.type !== "state" || honest?.type !== "state") return honest;
        if (request.kind === "manifest") return { ...honest, totalBytes: hash.length, bytes: hash };
        if (request.kind === "snapshot") return { ...honest, totalBytes: forged.length, bytes: forged };
        return honest;
      },
    };
    joining = await recorded.join([liar, HONEST, HONEST], { sync });
    await expectCaughtUp(joining);
    expect(await firstCommit()).toBeGreaterThan(1);
    expect(joining.penaltyOf(0)).toBeGreaterThan(40);
    expect(joining.penaltyOf(1) + joining.penaltyOf(2)).toBe(0);
  });

  it("F63: a sound state that is not the certified one is found out by its root", async () => {
    const snapshots = new SnapshotStore(recorded.store(0), sha256);
    const index = (await snapshots.indexes()).toSorted((left, right) => left - right).at(-1);
    const other = await stateBeside(index ?? 0);
    const hash = sha256(other);
    const liar: PlayedPeer = {
      chain: (request, honest) => {
        if (request.type !== "state" || honest?.type !== "state") return honest;
        if (request.kind === "manifest") return { ...honest, totalBytes: hash.length, bytes: hash };
        if (request.kind === "snapshot") return { ...honest, totalBytes: other.length, bytes: other };
        return honest;
      },
    };
    joining = await recorded.join([liar, HONEST, HONEST], { sync });
    await expectCaughtUp(joining);
    expect(joining.penaltyOf(0)).toBeGreaterThan(40);
    expect(joining.penaltyOf(1) + joining.penaltyOf(2)).toBe(0);
  });

  it("F62: a state of a height that nobody signed is never fetched", async () => {
    const liar = lying("state", (answer) =>
      answer?.type === "state" ? { ...answer, index: commitIndex(10 ** 12) } : answer,
    );
    joining = await recorded.join([liar, HONEST, HONEST], { sync });
    await expectCaughtUp(joining);
  });

  it("F06: portions that have come are not asked for again", async () => {
    let portions = 0;
    const counting: PlayedPeer = {
      chain: (request, honest) => {
        if (request.type === "state" && request.kind === "snapshot") portions += 1;
        // The first time, the consensus state never comes.
        return request.type === "state" && request.kind === "consensus" && portions === 1 ? silence() : honest;
      },
    };
    const stop = new AbortController();
    const cut = recorded.join([counting], { sync, stopped: stop.signal }).catch((error: unknown) => error);
    const transfers = new TransferStore(recorded.store(JOINER));
    while ((await transfers.portions()).size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort(new Error("killed"));
    expect(await cut).toEqual(new Error("killed"));
    expect(await transfers.isDue()).toBe(true);
    expect(await (await ChainStore.open(recorded.store(JOINER), sha256)).lastCommit()).toBeUndefined();
    joining = await recorded.join([counting, HONEST, HONEST], { sync: { ...sync, mode: "auto" }, wipe: false });
    await expectCaughtUp(joining);
    expect(portions).toBe(1);
  });

  it("refuses a chain that does not go through the operator's checkpoint, and takes one that does", async () => {
    const chain = await ChainStore.open(recorded.store(0), sha256);
    const stored = await chain.commit(7);
    if (stored === undefined) throw new Error("the chain has a commit 7");
    const wrong = { index: commitIndex(7), digest: digestFromBytes<typeof stored.digest>(new Uint8Array(32)) };
    await expect(
      recorded.join([HONEST, HONEST, HONEST], { sync: { ...sync, trustRoot: wrong } }),
    ).rejects.toMatchObject({ code: "WRONG_CHAIN" });
    const trustRoot = { index: commitIndex(7), digest: stored.digest };
    joining = await recorded.join([HONEST, HONEST, HONEST], { sync: { ...sync, trustRoot } });
    await expectCaughtUp(joining);
  });
});
