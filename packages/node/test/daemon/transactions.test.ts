// The transaction pool: one digest, one life, and "committed" only once it is.

import { type CommitIndex, type Digest, type VerifiedBlock, commitIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import {
  TRANSACTION_MAX_BYTES,
  TRANSACTIONS_PENDING_BYTES_MAX,
  TransactionPool,
} from "../../src/daemon/transactions.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const blockWith = (...transactions: readonly Uint8Array[]): VerifiedBlock =>
  ({ body: { transactions } }) as unknown as VerifiedBlock;

function pool(
  stored: ReadonlyMap<Digest, CommitIndex> = new Map(),
  blockBytesMax = 512 * 1024,
): {
  pool: TransactionPool;
  proposed: Uint8Array[][];
} {
  const proposed: Uint8Array[][] = [];
  return {
    proposed,
    pool: new TransactionPool({
      sha256,
      blockBytesMax,
      propose: (batch) => proposed.push([...batch]),
      committedAt: async (digest) => stored.get(digest),
    }),
  };
}

async function digestIn(target: TransactionPool, text: string): Promise<Digest> {
  const submitted = await target.submit(bytesOf(text));
  if (!submitted.ok) throw new Error(submitted.error.code);
  return submitted.value.digest;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("transaction pool", () => {
  it("proposes what came in one turn as one batch, each digest once", async () => {
    const { pool: target, proposed } = pool();
    await Promise.all([digestIn(target, "a"), digestIn(target, "b"), digestIn(target, "a")]);
    await nextTurn();
    expect(proposed.flat().map((bytes) => new TextDecoder().decode(bytes))).toEqual(["a", "b"]);
    await digestIn(target, "a");
    await nextTurn();
    expect(proposed.flat()).toHaveLength(2);
  });

  it("asks the disk once the ledger has executed a commit and some more, and not before", async () => {
    const stored = new Map<Digest, CommitIndex>();
    const { pool: target } = pool(stored);
    const [old, recent] = [await digestIn(target, "old"), await digestIn(target, "recent")];
    target.onCommit(commitIndex(1), [blockWith(bytesOf("old"))]);
    target.onCommit(commitIndex(100), [blockWith(bytesOf("recent"))]);
    target.onExecuted(commitIndex(64));
    expect(await target.view(old)).toEqual({ state: "committed", commitIndex: 1 });
    target.onExecuted(commitIndex(100));
    expect(await target.view(old)).toEqual({ state: "unknown" });
    expect(await target.view(recent)).toEqual({ state: "committed", commitIndex: 100 });
    stored.set(old, commitIndex(1));
    expect(await target.view(old)).toEqual({ state: "committed", commitIndex: 1 });
  });

  it("answers pending, then committed with its commit", async () => {
    const { pool: target } = pool();
    const digest = await digestIn(target, "x");
    expect(await target.view(digest)).toEqual({ state: "pending" });
    expect(target.onCommit(commitIndex(7), [blockWith(bytesOf("x"), bytesOf("of another gateway"))])).toBe(2);
    expect(await target.view(digest)).toEqual({ state: "committed", commitIndex: 7 });
    expect(target.pendingCount).toBe(0);
  });

  it("does not propose what the store knows as committed", async () => {
    const { pool: first } = pool();
    const digest = await digestIn(first, "old");
    const { pool: target, proposed } = pool(new Map([[digest, commitIndex(3)]]));
    expect(await target.submit(bytesOf("old"))).toMatchObject({
      ok: true,
      value: { view: { state: "committed", commitIndex: 3 } },
    });
    await nextTurn();
    expect(proposed).toEqual([]);
  });

  it("wakes every waiter at the commit, and keeps the first commit of a repeated transaction", async () => {
    const { pool: target } = pool();
    const digest = await digestIn(target, "w");
    const waiting = [1, 2, 3].map(() => target.wait(digest, AbortSignal.timeout(5000)));
    target.onCommit(commitIndex(4), [blockWith(bytesOf("w"))]);
    target.onCommit(commitIndex(5), [blockWith(bytesOf("w"))]);
    for (const view of await Promise.all(waiting)) expect(view).toEqual({ state: "committed", commitIndex: 4 });
    expect(await target.view(digest)).toEqual({ state: "committed", commitIndex: 4 });
  });

  it("a waiter that gives up hears that it is pending and leaves nothing behind", async () => {
    const { pool: target } = pool();
    const digest = await digestIn(target, "slow");
    const giveUp = new AbortController();
    const waiting = target.wait(digest, giveUp.signal);
    await nextTurn();
    giveUp.abort();
    expect(await waiting).toEqual({ state: "pending" });
    expect(await target.wait(digest, AbortSignal.abort())).toEqual({ state: "pending" });
    expect(await target.wait("00".repeat(32) as Digest, AbortSignal.timeout(5000))).toEqual({ state: "unknown" });
  });

  it("refuses what is empty, too large, or one too many", async () => {
    const { pool: target } = pool();
    // What the engine passes over because no block may carry it would be pending for ever.
    expect(await pool(new Map(), 100).pool.submit(new Uint8Array(101))).toMatchObject({
      ok: false,
      error: { code: "TRANSACTION_TOO_LARGE" },
    });
    expect(await target.submit(new Uint8Array(0))).toMatchObject({ ok: false, error: { code: "TRANSACTION_EMPTY" } });
    expect(await target.submit(new Uint8Array(TRANSACTION_MAX_BYTES + 1))).toMatchObject({
      ok: false,
      error: { code: "TRANSACTION_TOO_LARGE" },
    });
    const full = Math.floor(TRANSACTIONS_PENDING_BYTES_MAX / TRANSACTION_MAX_BYTES);
    for (let at = 0; at < full; at += 1) {
      const bytes = new Uint8Array(TRANSACTION_MAX_BYTES);
      new DataView(bytes.buffer).setUint32(0, at);
      expect((await target.submit(bytes)).ok).toBe(true);
    }
    expect(await target.submit(bytesOf("one more"))).toMatchObject({ ok: false, error: { code: "TRANSACTIONS_FULL" } });
  });
});
