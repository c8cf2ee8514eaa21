// The compliance suite of the Store port. Every filling runs it: `describeStore("level", openLevelFixture)`. What a filling
// cannot do (reopen, damage its own medium) it leaves out of the fixture, and those laws are then skipped by name.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  STORE_SPACES,
  type Store,
  type StoreEntry,
  type StoreKey,
  type StoreOp,
  type StoreRange,
  type StoreSpace,
} from "../store/store.ts";

export interface StoreFixture {
  readonly store: Store;
  /** Opens the same data again; called after `store` was closed. */
  readonly reopen?: () => Promise<Store>;
  /** Flips a bit of the record beneath the store; the store may be open. */
  readonly corrupt?: (space: StoreSpace, key: StoreKey) => Promise<void>;
  readonly dispose?: () => Promise<void>;
}

export type StoreFactory = () => Promise<StoreFixture>;

const SYNC = { sync: true };
const LAZY = { sync: false };

/** Registers the suite with vitest under the name of the filling. */
export function describeStore(name: string, factory: StoreFactory): void {
  describe(`store: ${name}`, () => {
    let fixture: StoreFixture;
    beforeEach(async () => {
      fixture = await factory();
    });
    afterEach(async () => {
      await fixture.store.close();
      await fixture.dispose?.();
    });
    const storeOf = (): Store => fixture.store;
    describeValues(storeOf);
    describeBatches(storeOf);
    describeOrder(storeOf);
    describe("iteration", () => describeIteration(storeOf));
    describeClosing(storeOf);
    describeDurability(() => fixture);
    describeDamage(() => fixture);
  });
}

function describeValues(storeOf: () => Store): void {
  it("what was put is what is got", async () => {
    await storeOf().batch([put("meta", "key", [1, 2, 3])], SYNC);
    expect(await storeOf().get("meta", "key")).toEqual(bytes(1, 2, 3));
  });

  it("a key that was never put is undefined", async () => {
    expect(await storeOf().get("meta", "absent")).toBeUndefined();
  });

  it("a later put replaces, a delete removes, a delete of nothing is fine", async () => {
    await storeOf().batch([put("meta", "key", [1])], SYNC);
    await storeOf().batch([put("meta", "key", [2])], SYNC);
    expect(await storeOf().get("meta", "key")).toEqual(bytes(2));
    await storeOf().batch([remove("meta", "key"), remove("meta", "absent")], SYNC);
    expect(await storeOf().get("meta", "key")).toBeUndefined();
  });

  it("an empty value is a value", async () => {
    await storeOf().batch([put("meta", "empty", [])], SYNC);
    expect(await storeOf().get("meta", "empty")).toEqual(bytes());
  });

  it("a large value comes back whole", async () => {
    const value = Uint8Array.from({ length: 4 * 1024 * 1024 }, (_, index) => (index * 31) & 0xff);
    await storeOf().batch([{ type: "put", space: "payload", key: "large", value }], SYNC);
    const got = await storeOf().get("payload", "large");
    expect(got?.length).toBe(value.length);
    expect(got?.every((byte, index) => byte === value[index])).toBe(true);
  });

  it("getMany answers once for each key, in the order of the keys", async () => {
    await storeOf().batch([put("meta", "a", [1]), put("meta", "b", [2])], SYNC);
    expect(await storeOf().getMany("meta", ["b", "absent", "a", "b"])).toEqual([
      bytes(2),
      undefined,
      bytes(1),
      bytes(2),
    ]);
    expect(await storeOf().getMany("meta", [])).toEqual([]);
  });

  it("values are not aliased, on the way in or out", async () => {
    const value = bytes(1, 2, 3);
    await storeOf().batch([{ type: "put", space: "meta", key: "key", value }], SYNC);
    value[0] = 99;
    const first = await storeOf().get("meta", "key");
    expect(first).toEqual(bytes(1, 2, 3));
    first?.fill(77);
    for await (const entry of storeOf().iterate("meta")) entry.value.fill(66);
    expect(await storeOf().get("meta", "key")).toEqual(bytes(1, 2, 3));
  });

  it("a value that is a view into a larger buffer is stored as the view alone", async () => {
    const value = bytes(9, 1, 2, 9).subarray(1, 3);
    await storeOf().batch([{ type: "put", space: "meta", key: "view", value }], SYNC);
    expect(await storeOf().get("meta", "view")).toEqual(bytes(1, 2));
  });

  it("spaces do not see one another's keys", async () => {
    await storeOf().batch(
      STORE_SPACES.map((space, index) => put(space, "key", [index])),
      SYNC,
    );
    for (const [index, space] of STORE_SPACES.entries()) {
      expect(await storeOf().get(space, "key")).toEqual(bytes(index));
      expect(await keysOf(storeOf(), space)).toEqual(["key"]);
    }
  });
}

function describeBatches(storeOf: () => Store): void {
  it("a batch crosses spaces and mixes puts and deletes", async () => {
    await storeOf().batch([put("blocks", "old", [1])], SYNC);
    await storeOf().batch([remove("blocks", "old"), put("blocks", "new", [2]), put("commits", "c", [3])], LAZY);
    expect(await keysOf(storeOf(), "blocks")).toEqual(["new"]);
    expect(await storeOf().get("commits", "c")).toEqual(bytes(3));
  });

  it("of two operations on one key in a batch the later one counts", async () => {
    await storeOf().batch(
      [put("meta", "a", [1]), put("meta", "a", [2]), put("meta", "b", [1]), remove("meta", "b")],
      SYNC,
    );
    expect(await storeOf().get("meta", "a")).toEqual(bytes(2));
    expect(await storeOf().get("meta", "b")).toBeUndefined();
  });

  it("an empty batch changes nothing", async () => {
    await storeOf().batch([], SYNC);
    expect(await keysOf(storeOf(), "meta")).toEqual([]);
  });

  it("a batch with a bad key leaves nothing behind", async () => {
    await expect(storeOf().batch([put("meta", "good", [1]), put("meta", "schlüssel", [2])], SYNC)).rejects.toThrow();
    expect(await keysOf(storeOf(), "meta")).toEqual([]);
  });

  it("batches that are not awaited apply in the order of the calls", async () => {
    const store = storeOf();
    const rounds = Array.from({ length: 50 }, (_, index) => index);
    await Promise.all(
      rounds.map((index) => store.batch([put("meta", "last", [index]), put("blocks", `k${index}`, [index])], LAZY)),
    );
    expect(await store.get("meta", "last")).toEqual(bytes(49));
    expect((await keysOf(store, "blocks")).length).toBe(50);
  });

  it("a read never sees half a batch", async () => {
    const store = storeOf();
    await store.batch([put("meta", "a", [0]), put("meta", "b", [0])], SYNC);
    const writes = Array.from({ length: 30 }, (_, index) =>
      store.batch([put("meta", "a", [index]), put("meta", "b", [index])], LAZY),
    );
    const reads = writes.map(async () => entriesOf(store, "meta"));
    await Promise.all(writes);
    for (const [first, second] of await Promise.all(reads)) expect(first?.value).toEqual(second?.value);
  });
}

function describeOrder(storeOf: () => Store): void {
  const KEYS = ["~", "a", "A", "a/1", "a/10", "a/2", "a0", "a ", "aa", "!", "0", "b!c"];

  it("keys are ordered bytewise, whatever the order of the puts", async () => {
    await storeOf().batch(
      KEYS.map((key) => put("state", key, [1])),
      SYNC,
    );
    const ascending = KEYS.toSorted((left, right) => (left < right ? -1 : 1));
    expect(await keysOf(storeOf(), "state")).toEqual(ascending);
    expect(await keysOf(storeOf(), "state", { reverse: true })).toEqual(ascending.toReversed());
  });
}

function describeIteration(storeOf: () => Store): void {
  beforeEach(async () => {
    await storeOf().batch(
      ["a", "b", "c", "d", "e"].map((key, index) => put("state", key, [index])),
      SYNC,
    );
  });

  const CASES: readonly { readonly range: StoreRange; readonly keys: string }[] = [
    { range: {}, keys: "abcde" },
    { range: { gte: "b" }, keys: "bcde" },
    { range: { lt: "d" }, keys: "abc" },
    { range: { gte: "b", lt: "d" }, keys: "bc" },
    { range: { gte: "bb", lt: "dd" }, keys: "cd" },
    { range: { gte: "b", lt: "d", reverse: true }, keys: "cb" },
    { range: { limit: 2 }, keys: "ab" },
    { range: { limit: 2, reverse: true }, keys: "ed" },
    { range: { gte: "b", limit: 1 }, keys: "b" },
    { range: { lt: "d", limit: 1, reverse: true }, keys: "c" },
    { range: { limit: 0 }, keys: "" },
    { range: { limit: 99 }, keys: "abcde" },
    { range: { gte: "c", lt: "c" }, keys: "" },
    { range: { gte: "d", lt: "b" }, keys: "" },
    { range: { gte: "f" }, keys: "" },
  ];

  it.each(CASES)('iteration over $range gives "$keys"', async ({ range, keys }) => {
    expect((await keysOf(storeOf(), "state", range)).join("")).toBe(keys);
  });

  it("entries carry their values", async () => {
    expect(await entriesOf(storeOf(), "state", { gte: "d" })).toEqual([
      { key: "d", value: bytes(3) },
      { key: "e", value: bytes(4) },
    ]);
  });

  it("an iteration sees the store as it was when it began", async () => {
    const store = storeOf();
    const seen: string[] = [];
    for await (const { key, value } of store.iterate("state")) {
      if (seen.length === 0)
        await store.batch([remove("state", "c"), put("state", "d", [99]), put("state", "f", [5])], SYNC);
      seen.push(`${key}${value[0]}`);
    }
    expect(seen).toEqual(["a0", "b1", "c2", "d3", "e4"]);
    expect((await keysOf(store, "state")).join("")).toBe("abdef");
  });

  it("an iteration may be left early and begun again", async () => {
    for await (const { key } of storeOf().iterate("state")) if (key === "b") break;
    expect((await keysOf(storeOf(), "state")).join("")).toBe("abcde");
  });
}

function describeClosing(storeOf: () => Store): void {
  it("after close everything rejects with STORE_CLOSED, and closing again does nothing", async () => {
    const store = storeOf();
    await store.batch([put("meta", "key", [1])], SYNC);
    await store.close();
    const closed = { name: "StoreError", code: "STORE_CLOSED" };
    await expect(store.get("meta", "key")).rejects.toMatchObject(closed);
    await expect(store.getMany("meta", ["key"])).rejects.toMatchObject(closed);
    await expect(store.batch([put("meta", "key", [2])], LAZY)).rejects.toMatchObject(closed);
    await expect(keysOf(store, "meta")).rejects.toMatchObject(closed);
    await store.close();
  });
}

function describeDurability(fixtureOf: () => StoreFixture): void {
  it("what a synced batch wrote is there after a reopen", async ({ skip }) => {
    const { store, reopen } = fixtureOf();
    if (reopen === undefined) return skip("this store cannot be reopened");
    await store.batch([put("blocks", "a", [1]), put("meta", "gone", [2])], SYNC);
    await store.batch([remove("meta", "gone"), put("meta", "kept", [])], SYNC);
    await store.close();
    const again = await reopen();
    expect(await again.get("blocks", "a")).toEqual(bytes(1));
    expect(await keysOf(again, "meta")).toEqual(["kept"]);
    await again.close();
  });
}

function describeDamage(fixtureOf: () => StoreFixture): void {
  it("a damaged record is never returned: every read names it with STORE_CORRUPT", async ({ skip }) => {
    const { store, corrupt } = fixtureOf();
    if (corrupt === undefined) return skip("this store cannot be damaged on purpose");
    await store.batch([put("versions", "good", [1]), put("versions", "hurt", [2])], SYNC);
    await corrupt("versions", "hurt");
    const damaged = { name: "StoreError", code: "STORE_CORRUPT", space: "versions", key: "hurt" };
    await expect(store.get("versions", "hurt")).rejects.toMatchObject(damaged);
    await expect(store.getMany("versions", ["good", "hurt"])).rejects.toMatchObject(damaged);
    await expect(keysOf(store, "versions")).rejects.toMatchObject(damaged);
    expect(await store.get("versions", "good")).toEqual(bytes(1));
  });

  it("a damaged record can be written anew", async ({ skip }) => {
    const { store, corrupt } = fixtureOf();
    if (corrupt === undefined) return skip("this store cannot be damaged on purpose");
    await store.batch([put("payload", "chunk", [1, 2])], SYNC);
    await corrupt("payload", "chunk");
    await store.batch([put("payload", "chunk", [1, 2])], SYNC);
    expect(await store.get("payload", "chunk")).toEqual(bytes(1, 2));
  });
}

function put(space: StoreSpace, key: StoreKey, value: readonly number[]): StoreOp {
  return { type: "put", space, key, value: Uint8Array.from(value) };
}

function remove(space: StoreSpace, key: StoreKey): StoreOp {
  return { type: "delete", space, key };
}

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

async function entriesOf(store: Store, space: StoreSpace, range: StoreRange = {}): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  for await (const entry of store.iterate(space, range)) entries.push(entry);
  return entries;
}

async function keysOf(store: Store, space: StoreSpace, range: StoreRange = {}): Promise<StoreKey[]> {
  return (await entriesOf(store, space, range)).map((entry) => entry.key);
}
