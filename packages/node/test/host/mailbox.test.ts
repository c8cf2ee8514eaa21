// The mailbox is the back-pressure: full means wait, and waiting ends in order.

import { describe, expect, it } from "vitest";
import { Mailbox } from "../../src/host/mailbox.ts";

describe("mailbox", () => {
  it("hands items out in the order they came", async () => {
    const box = new Mailbox<number>(4);
    for (const item of [1, 2, 3]) await box.put(item);
    expect([await box.take(), await box.take(), await box.take()]).toEqual([1, 2, 3]);
  });

  it("makes a producer wait while it is full, but never an urgent one", async () => {
    const box = new Mailbox<number>(1);
    await box.put(1);
    let isPut = false;
    const waiting = box.put(2).then(() => {
      isPut = true;
    });
    box.putUrgent(3);
    await Promise.resolve();
    expect(isPut).toBe(false);
    expect(await box.take()).toBe(1);
    expect(await box.take()).toBe(3);
    await waiting;
    expect(await box.take()).toBe(2);
  });

  it("never holds more than its capacity of ordinary items, whatever the producers do", async () => {
    const box = new Mailbox<number>(8);
    const producers = Array.from({ length: 500 }, (_, item) => box.put(item));
    const seen: number[] = [];
    let sizeMax = 0;
    while (seen.length < 500) {
      sizeMax = Math.max(sizeMax, box.size);
      const item = await box.take();
      if (item !== undefined) seen.push(item);
    }
    await Promise.all(producers);
    expect(sizeMax).toBeLessThanOrEqual(8);
    expect(seen.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 500 }, (_, item) => item));
  });

  it("releases everybody when it is closed", async () => {
    const box = new Mailbox<number>(1);
    await box.put(1);
    const producer = box.put(2);
    box.close();
    await producer;
    expect(await box.take()).toBeUndefined();
  });
});

it("held, it hands nothing out and takes in only what is kept; released, the first item comes before that", async () => {
  const mailbox = new Mailbox<string>();
  mailbox.putUrgent("old");
  mailbox.putUrgent("keep 1");
  mailbox.hold((item) => item.startsWith("keep"));
  const taken = mailbox.take();
  mailbox.putUrgent("dropped");
  await mailbox.put("keep 2");
  expect(await Promise.race([taken, new Promise((resolve) => setImmediate(() => resolve("nothing")))])).toBe("nothing");
  mailbox.release("first");
  expect([await taken, await mailbox.take(), await mailbox.take()]).toEqual(["first", "keep 1", "keep 2"]);
  mailbox.putUrgent("anything");
  expect(await mailbox.take()).toBe("anything");
});

it("held and then closed, it releases whoever waits", async () => {
  const mailbox = new Mailbox<string>();
  mailbox.hold(() => true);
  mailbox.putUrgent("kept");
  const taken = mailbox.take();
  mailbox.close();
  expect(await taken).toBeUndefined();
});
