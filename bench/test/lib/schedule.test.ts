import { describe, expect, test } from "vitest";
import { OpenLoopSchedule, warmUpSeconds } from "../../lib/schedule.ts";

describe("the open-loop schedule", () => {
  test.each([
    [1000, 3, 4],
    [7, 10, 3],
    [5000, 2, 4],
    [3, 2, 5],
  ])("at %i/s for %i s over %i nodes, every item is due once, at its time and on its node", (rate, seconds, nodes) => {
    const schedule = new OpenLoopSchedule({ rate, seconds, nodes });
    expect(schedule.total).toBe(rate * seconds);
    const due = Array.from({ length: nodes }, (_, node) =>
      Array.from({ length: schedule.dueCount(node, seconds * 1000) }, (_, position) => schedule.dueMs(node, position)),
    )
      .flat()
      .toSorted((left, right) => left - right);
    expect(due).toEqual(Array.from({ length: rate * seconds }, (_, item) => (item * 1000) / rate));
  });

  test("an item becomes due at its very time and not before", () => {
    const schedule = new OpenLoopSchedule({ rate: 300, seconds: 5, nodes: 4 });
    for (let node = 0; node < 4; node += 1) {
      for (let position = 0; position < 100; position += 1) {
        const dueMs = schedule.dueMs(node, position);
        expect(schedule.dueCount(node, dueMs)).toBe(position + 1);
        expect(schedule.dueCount(node, dueMs - 0.01)).toBe(position);
      }
    }
  });

  test("nothing is due after the end", () => {
    const schedule = new OpenLoopSchedule({ rate: 10, seconds: 1, nodes: 2 });
    expect(schedule.dueCount(0, 60_000)).toBe(5);
    expect(schedule.dueCount(1, 60_000)).toBe(5);
  });

  test("a tenth or five seconds are cut, and never more than half", () => {
    expect([4, 10, 30, 100].map(warmUpSeconds)).toEqual([2, 5, 5, 10]);
  });
});
