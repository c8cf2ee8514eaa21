// The small parts that hold the bounds: queue, penalty book, request slots.

import { describe, expect, it } from "vitest";
import { PEER_SCORE_BAN } from "../../src/network/limits.ts";
import { Outbox } from "../../src/network/outbox.ts";
import { PenaltyBook } from "../../src/network/penalty-book.ts";
import { RequestSlots } from "../../src/network/request-slots.ts";

describe("outbox", () => {
  it("takes all of a push or nothing, and counts what it refused", () => {
    const outbox = new Outbox(10);
    expect(outbox.offer([new Uint8Array(6)])).toBe(true);
    expect(outbox.offer([new Uint8Array(4), new Uint8Array(1)])).toBe(false);
    expect(outbox.offer([new Uint8Array(4)])).toBe(true);
    expect([outbox.queuedBytes, outbox.droppedCount]).toEqual([10, 2]);
    outbox.shift(1);
    expect(outbox.queuedBytes).toBe(4);
    outbox.clear();
    expect([outbox.queuedBytes, outbox.droppedCount, outbox.isEmpty]).toEqual([0, 3, true]);
  });

  it("coalesces small items and always hands out at least one", () => {
    const outbox = new Outbox(1000);
    outbox.offer([3, 3, 3, 50].map((length) => new Uint8Array(length)));
    expect(outbox.peek(7)).toHaveLength(2);
    outbox.shift(3);
    expect(outbox.peek(7)).toHaveLength(1);
  });
});

describe("penalty book", () => {
  const bookAt = (clock: { nowMs: number }): PenaltyBook =>
    new PenaltyBook({ halfLifeMs: 1000, banMs: 500, now: () => clock.nowMs });

  it("halves scores with time, so that rare slips never add up to a ban", () => {
    const clock = { nowMs: 0 };
    const book = bookAt(clock);
    for (let slip = 0; slip < 50; slip += 1) {
      expect(book.add("peer", PEER_SCORE_BAN / 2 - 1)).toBe(false);
      clock.nowMs += 1000;
    }
    expect(book.add("peer", PEER_SCORE_BAN)).toBe(true);
  });

  it("bans for a while and starts from zero afterwards", () => {
    const clock = { nowMs: 0 };
    const book = bookAt(clock);
    book.add("peer", PEER_SCORE_BAN);
    clock.nowMs = 499;
    expect(book.isBanned("peer")).toBe(true);
    clock.nowMs = 500;
    expect([book.isBanned("peer"), book.scoreOf("peer")]).toEqual([false, 0]);
  });
});

describe("request slots", () => {
  it("runs so many at a time, the rest in order, and refuses what is beyond", async () => {
    const slots = new RequestSlots(1, 1);
    const order: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const first = slots.run(async () => {
      await gate;
      order.push("first");
    });
    const second = slots.run(() => Promise.resolve(order.push("second")));
    await expect(slots.run(() => Promise.resolve())).rejects.toMatchObject({ code: "PEER_BUSY" });
    open();
    await Promise.all([first, second]);
    expect(order).toEqual(["first", "second"]);
    await expect(slots.run(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    await slots.run(() => Promise.resolve(order.push("third")));
    expect(order.at(-1)).toBe("third");
  });

  it("who gives up waits no longer, and its place in the queue is free", async () => {
    const slots = new RequestSlots(1, 1);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const first = slots.run(() => gate);
    const caller = new AbortController();
    const second = slots.run(() => Promise.resolve("never"), caller.signal);
    caller.abort(new Error("too late"));
    await expect(second).rejects.toThrow("too late");
    const third = slots.run(() => Promise.resolve("third"));
    open();
    await first;
    expect(await third).toBe("third");
    expect(await slots.run(() => Promise.resolve("fourth"), caller.signal)).toBe("fourth");
  });
});
