// Streams of choices: independent of one another, recorded, and replayed without a generator.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDecisionLog, writeDecisionLog } from "../../src/kernel/decision-log.ts";
import { RecordedStreams } from "../../src/kernel/random.ts";
import type { SimInputError } from "../../src/scenario/sim-error.ts";

const RUN = { digest: "00", summary: "a run" };

const draws = (streams: RecordedStreams, purpose: string, node: number, count = 20): readonly number[] =>
  Array.from({ length: count }, () => streams.of(purpose, node).fraction());

describe("streams of choices", () => {
  it("what one stream draws does not depend on what others drew before (G2)", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.tuple(fc.constantFrom("a", "b", "faults"), fc.nat(5))), (seed, others) => {
        const disturbed = new RecordedStreams(seed);
        for (const [purpose, node] of others) {
          disturbed.of(purpose, node).fraction();
          disturbed.links(purpose, 8).fraction(node, 1);
        }
        expect(draws(disturbed, "network", 3)).toEqual(draws(new RecordedStreams(seed), "network", 3));
      }),
    );
  });

  it("another seed, purpose or node draws otherwise", () => {
    const first = draws(new RecordedStreams(1), "network", 1);
    expect(draws(new RecordedStreams(2), "network", 1)).not.toEqual(first);
    expect(draws(new RecordedStreams(1), "other", 1)).not.toEqual(first);
    expect(draws(new RecordedStreams(1), "network", 2)).not.toEqual(first);
  });

  it("draws are spread evenly (chi-square over 64 classes, 100,000 draws)", () => {
    const counts = Array.from({ length: 64 }, () => 0);
    const stream = new RecordedStreams(7).of("even");
    for (let turn = 0; turn < 100_000; turn += 1) {
      const cell = stream.below(64);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    const expected = 100_000 / 64;
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 63 degrees of freedom: 99.9 % of good generators stay below.
    expect(chi).toBeLessThan(103.4);
  });

  it("a shuffle loses nothing and is not the identity", () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    const shuffled = new RecordedStreams(3).of("shuffle").shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((left, right) => left - right)).toEqual(items);
  });

  it("probabilities 0 and 1 draw nothing", () => {
    const streams = new RecordedStreams(3);
    expect(streams.of("a").chance(0)).toBe(false);
    expect(streams.of("a").chance(1)).toBe(true);
    expect(streams.log().streams.size).toBe(0);
  });

  it("a log replays every draw without a generator, through its text form (G3)", () => {
    const recorded = new RecordedStreams(11);
    const first = [draws(recorded, "x", 1), draws(recorded, "y", 2), recorded.links("link", 4).fraction(1, 2)];
    const log = readDecisionLog(writeDecisionLog({ ...recorded.log(), run: RUN }));
    // Another seed: nothing of it may matter.
    const replayed = new RecordedStreams(99, log);
    expect([draws(replayed, "x", 1), draws(replayed, "y", 2), replayed.links("link", 4).fraction(1, 2)]).toEqual(first);
    expect(log.run).toEqual(RUN);
    expect([replayed.missingCount, replayed.unusedCount]).toEqual([0, 0]);
    expect(replayed.log()).toEqual(recorded.log());
  });

  it("counts the draws that a log does not hold", () => {
    const replayed = new RecordedStreams(1, { streams: new Map() });
    draws(replayed, "x", 1, 3);
    replayed.links("link", 4).fraction(0, 1);
    expect(replayed.missingCount).toBe(4);
  });

  it("counts the choices of a log that nobody asks for, of streams and of links", () => {
    const recorded = new RecordedStreams(11);
    draws(recorded, "x", 1, 5);
    recorded.links("link", 4).fraction(1, 2);
    const replayed = new RecordedStreams(11, recorded.log());
    draws(replayed, "x", 1, 3);
    expect(replayed.unusedCount).toBe(3);
    draws(replayed, "x", 1, 4);
    expect([replayed.missingCount, replayed.unusedCount]).toEqual([2, 1]);
    replayed.links("link", 4).fraction(1, 2);
    expect(replayed.unusedCount).toBe(0);
    expect(recorded.unusedCount).toBe(0);
  });

  it.each([
    "",
    "{",
    "[]",
    '{"format":1,"streams":{}}',
    '{"format":3,"streams":{}}',
    '{"format":2,"streams":{}}',
    '{"format":2,"run":{"digest":"00"},"streams":{}}',
    '{"format":2,"run":{"digest":"00","summary":""}}',
    '{"format":2,"run":{"digest":"00","summary":""},"streams":{"a":"AAA="}}',
    '{"format":2,"run":{"digest":"00","summary":""},"streams":{"a":3}}',
  ])("refuses %s as a decision log", (text) => {
    expect(() => readDecisionLog(text)).toThrow(
      expect.objectContaining({ code: "SIM_DECISIONS_INVALID" } satisfies Partial<SimInputError>),
    );
  });
});
