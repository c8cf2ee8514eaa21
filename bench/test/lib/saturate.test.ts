import { describe, expect, test } from "vitest";
import { findSaturation } from "../../lib/saturate.ts";

interface Outcome {
  readonly offeredPerSecond: number;
  readonly committedPerSecond: number;
  readonly p50Ms: number;
}

/** A pipeline that carries so much and not more. */
function carrying(capacity: number): (rate: number) => Promise<Outcome> {
  return async (rate) => ({
    offeredPerSecond: rate,
    committedPerSecond: Math.min(rate, capacity),
    p50Ms: rate > capacity ? 3000 : 100,
  });
}

describe("the search for saturation", () => {
  test.each([900, 5000, 7000, 100_000])("finds a capacity of %i from either side of it", async (capacity) => {
    for (const start of [1000, 20_000]) {
      const step = carrying(capacity);
      const found = await findSaturation({ first: await step(start), step, hasTime: () => true });
      expect(found.committedPerSecond).toBeGreaterThan(capacity * 0.85);
      expect(found.committedPerSecond).toBeLessThanOrEqual(capacity);
      expect(found.sustainedPerSecond).toBeGreaterThan(capacity * 0.85);
      expect(found.sustainedPerSecond).toBeLessThanOrEqual(capacity / 0.95);
    }
  });

  test("a median above a second does not keep up, however much is acknowledged", async () => {
    const first = { offeredPerSecond: 100, committedPerSecond: 100, p50Ms: 1001 };
    const { sustainedPerSecond } = await findSaturation({ first, step: carrying(0), hasTime: () => false });
    expect(sustainedPerSecond).toBe(0);
  });

  test("ends when there is no time, and when not even one a second is carried", async () => {
    let left = 3;
    const bounded = await findSaturation({
      first: { offeredPerSecond: 1, committedPerSecond: 1, p50Ms: 1 },
      step: carrying(Infinity),
      hasTime: () => (left -= 1) >= 0,
    });
    expect(bounded.steps).toHaveLength(4);
    const dead = await findSaturation({
      first: { offeredPerSecond: 64, committedPerSecond: 0, p50Ms: 0 },
      step: carrying(0),
      hasTime: () => true,
    });
    expect(dead.sustainedPerSecond).toBe(0);
  });
});
