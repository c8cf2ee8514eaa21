import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import { MemoryDisk, MemoryStore } from "../../src/store/memory-store.ts";
import { isStoreKey } from "../../src/store/store.ts";
import { describeStore } from "../../src/testing/store-suite.ts";
import { nativeSha256 as sha256 } from "../support/native-crypto.ts";

describeStore("memory", async () => {
  const disk = new MemoryDisk();
  return {
    store: new MemoryStore(sha256, disk),
    reopen: async () => new MemoryStore(sha256, disk),
    corrupt: async (space, key) => disk.flipBit(space, key, 131),
  };
});

describe("store keys", () => {
  it("are printable ASCII within their bound", () => {
    expect(["a", " ", "~", "a".repeat(512)].every(isStoreKey)).toBe(true);
    expect(["", "a\u0000", "é", "\u007f", "a".repeat(513)].some(isStoreKey)).toBe(false);
  });

  it("a bad key or bound is our bug", async () => {
    const store = new MemoryStore(sha256);
    await expect(store.get("meta", "")).rejects.toThrow(InvariantError);
    expect(() => store.iterate("meta", { gte: "\u0001" })).toThrow(InvariantError);
    expect(() => store.iterate("meta", { lt: "ü" })).toThrow(InvariantError);
    expect(() => store.iterate("meta", { limit: -1 })).toThrow(InvariantError);
  });
});

describe("memory disk", () => {
  it("every bit of a record, seal included, is covered by the seal", async () => {
    const disk = new MemoryDisk();
    const store = new MemoryStore(sha256, disk);
    for (let bit = 0; bit < 8 * 18; bit += 1) {
      await store.batch([{ type: "put", space: "meta", key: "k", value: Uint8Array.of(5, 6) }], { sync: true });
      disk.flipBit("meta", "k", bit);
      await expect(store.get("meta", "k")).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    }
  });
});
