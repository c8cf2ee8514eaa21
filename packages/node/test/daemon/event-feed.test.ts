// The event feed: in order, resumable, bounded.

import { describe, expect, it } from "vitest";
import { EVENTS_KEPT_MAX, EventRing } from "../../src/daemon/event-feed.ts";

describe("event feed", () => {
  it("gives a resuming reader what it missed, once and in order, then what follows", () => {
    const ring = new EventRing(() => 5);
    for (let index = 1; index <= 4; index += 1) ring.publish("commit", { index });
    const seen: number[] = [];
    const stop = ring.subscribe(2, ({ id }) => seen.push(id));
    ring.publish("commit", { index: 5 });
    expect(seen).toEqual([3, 4, 5]);
    stop();
    ring.publish("commit", { index: 6 });
    expect(seen).toEqual([3, 4, 5]);
  });

  it("gives a new reader only what follows", () => {
    const ring = new EventRing(() => 5);
    ring.publish("fault", { type: "x" });
    const seen: number[] = [];
    ring.subscribe(undefined, ({ id }) => seen.push(id));
    ring.publish("fault", { type: "y" });
    expect(seen).toEqual([2]);
    expect(ring.lastId()).toBe(2);
  });

  it("keeps no more than its bound", () => {
    const ring = new EventRing(() => 5);
    for (let index = 0; index < 5 * EVENTS_KEPT_MAX; index += 1) ring.publish("commit", { index });
    const seen: number[] = [];
    ring.subscribe(0, ({ id }) => seen.push(id));
    expect(seen).toHaveLength(EVENTS_KEPT_MAX);
    expect(seen.at(-1)).toBe(5 * EVENTS_KEPT_MAX);
  });
});
