// The heap against the obvious oracle: a list sorted by (time, order of entering).

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "../../src/kernel/event-queue.ts";

interface Entry {
  readonly atUs: number;
  readonly order: number;
  readonly name: number;
}

type Step =
  | { readonly type: "push"; readonly delay: number }
  | { readonly type: "pop" }
  | { readonly type: "postpone"; readonly delay: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("push" as const), delay: fc.integer({ min: 0, max: 5 }) }),
  fc.constant({ type: "pop" as const }),
  fc.record({ type: fc.constant("postpone" as const), delay: fc.integer({ min: 0, max: 5 }) }),
);

describe("the event queue", () => {
  it("gives events out by time, and those of one time in the order they entered", () => {
    fc.assert(
      fc.property(fc.array(STEP, { minLength: 1, maxLength: 400 }), (steps) => {
        expect(run(steps, new EventQueue<number>())).toEqual(oracle(steps));
      }),
      { numRuns: 300 },
    );
  });

  it("holds more than its first capacity", () => {
    const queue = new EventQueue<number>();
    for (let number = 0; number < 5000; number += 1) queue.push((number * 7919) % 1000, number);
    const times: number[] = [];
    while (queue.size > 0) {
      times.push(queue.nextAtUs);
      queue.pop();
    }
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    expect(times).toHaveLength(5000);
    expect(queue.nextAtUs).toBe(Number.POSITIVE_INFINITY);
  });
});

function run(steps: readonly Step[], queue: EventQueue<number>): readonly string[] {
  const seen: string[] = [];
  let nowUs = 0;
  let name = 0;
  for (const step of steps) {
    if (step.type === "push") {
      name += 1;
      queue.push(nowUs + step.delay, name);
    } else if (queue.size > 0) {
      nowUs = queue.nextAtUs;
      if (step.type === "pop") seen.push(`${nowUs}:${queue.pop()}`);
      else queue.postpone(nowUs + step.delay);
    }
  }
  while (queue.size > 0) seen.push(`${queue.nextAtUs}:${queue.pop()}`);
  return seen;
}

function oracle(steps: readonly Step[]): readonly string[] {
  const seen: string[] = [];
  let entries: Entry[] = [];
  let nowUs = 0;
  let order = 0;
  let name = 0;
  const sort = (): void => {
    entries = entries.toSorted((left, right) => left.atUs - right.atUs || left.order - right.order);
  };
  for (const step of steps) {
    order += 1;
    if (step.type === "push") {
      name += 1;
      entries.push({ atUs: nowUs + step.delay, order, name });
      sort();
      continue;
    }
    const first = entries.shift();
    if (first === undefined) continue;
    nowUs = first.atUs;
    if (step.type === "pop") seen.push(`${nowUs}:${first.name}`);
    else entries.push({ atUs: nowUs + step.delay, order, name: first.name });
    sort();
  }
  return [...seen, ...entries.map(({ atUs, name: rest }) => `${atUs}:${rest}`)];
}
