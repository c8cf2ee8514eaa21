// Loss, bursts, duplication, reordering, corruption: each as often as configured (three standard deviations, fixed seeds), none
// when not configured, and none of them changes what another draws.

import { describe, expect, it } from "vitest";
import type { NetworkSpec } from "../../src/scenario/schema.ts";
import { mean, modelOf, send, sigmasOff } from "./statistics.ts";

const MESSAGES = 100_000;
const LATENCY: NetworkSpec["latency"] = { type: "constant", ms: 10 };

/** A message each 100 µs, on twelve links by turns. */
function sendMany(spec: NetworkSpec, sizeOf: (index: number) => number = () => 100) {
  const model = modelOf(spec, { seed: 77 });
  const arrivals = Array.from({ length: MESSAGES }, (_, index) => {
    const from = index % 4;
    const to = (from + 1 + (Math.floor(index / 4) % 3)) % 4;
    const nowUs = index * 100;
    return {
      link: from * 4 + to,
      nowUs,
      sizeBytes: sizeOf(index),
      arrivals: send(model, { from, to, nowUs, sizeBytes: sizeOf(index) }),
    };
  });
  return { sent: arrivals, counts: model.counts() };
}

describe("loss", () => {
  it("independent, as often as configured", () => {
    const { sent, counts } = sendMany({ latency: LATENCY, loss: { probability: 0.03 } });
    const lost = sent.filter(({ arrivals }) => arrivals.length === 0).length;
    expect(sigmasOff(lost, MESSAGES, 0.03)).toBeLessThan(3);
    expect(counts).toEqual({ loss: lost });
  });

  it("in bursts: the share of the bad state, and as long as configured (Gilbert–Elliott)", () => {
    const burst = { enter: 0.01, leave: 0.2, loss: 1 };
    const { sent, counts } = sendMany({ latency: LATENCY, loss: { burst } });
    const lengths = burstLengths(sent);
    const lost = lengths.reduce((sum, length) => sum + length, 0);
    const share = burst.enter / (burst.enter + burst.leave);
    // Messages of a link are correlated: the variance of a share grows by (1 + r) / (1 - r), with r = 1 - enter - leave.
    const correlation = 1 - burst.enter - burst.leave;
    expect(sigmasOff(lost, MESSAGES, share)).toBeLessThan(3 * Math.sqrt((1 + correlation) / (1 - correlation)));
    const deviation = Math.sqrt(1 - burst.leave) / burst.leave / Math.sqrt(lengths.length);
    expect(Math.abs(mean(lengths) - 1 / burst.leave)).toBeLessThan(3 * deviation);
    expect(counts["burstLoss"]).toBe(lost);
  });

  it("in the bad state only as often as configured, and besides independent loss", () => {
    const spec = { latency: LATENCY, loss: { probability: 0.1, burst: { enter: 1, leave: 0, loss: 0.5 } } };
    const { sent } = sendMany(spec);
    expect(sigmasOff(sent.filter(({ arrivals }) => arrivals.length === 0).length, MESSAGES, 0.55)).toBeLessThan(3);
  });

  it("of a size class alone", () => {
    const sizeOf = (index: number): number => [100, 1000, 5000][index % 3] ?? 0;
    const { sent } = sendMany(
      { latency: LATENCY, loss: { probability: 0.2, minSizeBytes: 1000, maxSizeBytes: 1000 } },
      sizeOf,
    );
    const lostOf = (size: number): number =>
      sent.filter((one) => one.sizeBytes === size && one.arrivals.length === 0).length;
    expect([lostOf(100), lostOf(5000)]).toEqual([0, 0]);
    expect(sigmasOff(lostOf(1000), MESSAGES / 3, 0.2)).toBeLessThan(3);
  });
});

describe("bursts of a size class", () => {
  it("lose no other message, yet step with all", () => {
    const burst = { enter: 1, leave: 1, loss: 1 };
    const model = modelOf({ latency: LATENCY, loss: { burst, minSizeBytes: 500 } });
    const isLost = (sizeBytes: number): boolean => send(model, { sizeBytes }).length === 0;
    expect([500, 500, 499, 500, 500, 500].map(isLost)).toEqual([true, false, false, false, true, false]);
  });
});

describe("duplication, corruption, reordering", () => {
  it("duplicates as often as configured, the copy whole and up to one delay later", () => {
    const { sent, counts } = sendMany({ latency: LATENCY, duplicateProbability: 0.05 });
    const doubled = sent.filter(({ arrivals }) => arrivals.length === 2);
    expect(sigmasOff(doubled.length, MESSAGES, 0.05)).toBeLessThan(3);
    expect(counts).toEqual({ duplicate: doubled.length });
    const laterUs = doubled.map(({ arrivals }) => (arrivals[1]?.atUs ?? 0) - (arrivals[0]?.atUs ?? 0));
    expect(Math.min(...laterUs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...laterUs)).toBeLessThanOrEqual(10_000);
    expect(Math.abs(mean(laterUs) - 5000)).toBeLessThan((3 * 10_000) / Math.sqrt(12 * doubled.length));
  });

  it("corrupts as often as configured", () => {
    const { sent, counts } = sendMany({ latency: LATENCY, corruptProbability: 0.02 });
    const damaged = sent.filter(({ arrivals }) => arrivals[0]?.isCorrupt === true).length;
    expect(sigmasOff(damaged, MESSAGES, 0.02)).toBeLessThan(3);
    expect(counts).toEqual({ corrupt: damaged });
  });

  it("reorders as often as configured: those chosen come up to reorderMs later, the others keep their order", () => {
    const { sent, counts } = sendMany({ latency: LATENCY, reorderProbability: 0.1, reorderMs: 4 });
    const lateUs = sent.map(({ nowUs, arrivals }) => (arrivals[0]?.atUs ?? 0) - nowUs - 10_000);
    const chosen = lateUs.filter((late) => late > 0);
    expect(sigmasOff(chosen.length, MESSAGES, 0.1)).toBeLessThan(3);
    expect(Math.max(...chosen)).toBeLessThanOrEqual(4000);
    expect(Math.abs(mean(chosen) - 2000)).toBeLessThan((3 * 4000) / Math.sqrt(12 * chosen.length));
    expect(counts["reorder"]).toBe(chosen.length);
    expect(overtakings(sent)).toBeGreaterThan(0);
  });
});

describe("order", () => {
  const latency: NetworkSpec["latency"] = { type: "exponential", minMs: 1, meanMs: 30 };

  it("a link delivers in the order of sending by default, whatever the delays", () => {
    expect(overtakings(sendMany({ latency }).sent)).toBe(0);
  });

  it("and not with isFifo: false", () => {
    expect(overtakings(sendMany({ latency, isFifo: false }).sent)).toBeGreaterThan(MESSAGES / 4);
  });

  it("a message to oneself comes at once and unharmed", () => {
    const model = modelOf({ latency, loss: { probability: 1 }, corruptProbability: 1, bandwidth: { egressMbps: 1 } });
    expect(send(model, { from: 2, to: 2, nowUs: 5, sizeBytes: 1_000_000 })).toEqual([{ atUs: 5, isCorrupt: false }]);
  });
});

describe("independence", () => {
  const latency: NetworkSpec["latency"] = { type: "exponential", minMs: 1, meanMs: 30 };
  const timesOf = (spec: NetworkSpec): readonly (number | undefined)[] =>
    sendMany(spec).sent.map(({ arrivals }) => arrivals[0]?.atUs);

  it("one impairment more changes nothing about what the others do", () => {
    const plain = timesOf({ latency, isFifo: false });
    const impaired = timesOf({
      latency,
      isFifo: false,
      loss: { probability: 0.1 },
      duplicateProbability: 0.1,
      corruptProbability: 0.1,
    });
    expect(impaired.filter((time, index) => time !== undefined && time !== plain[index])).toEqual([]);
    expect(impaired.filter((time) => time === undefined).length).toBeGreaterThan(0);
  });

  it("the same seed does the same, another does not", () => {
    const spec: NetworkSpec = { latency, loss: { probability: 0.1 } };
    const run = (seed: number): readonly unknown[] => {
      const model = modelOf(spec, { seed });
      return Array.from({ length: 200 }, (_, index) => send(model, { nowUs: index }));
    };
    expect(run(4)).toEqual(run(4));
    expect(run(4)).not.toEqual(run(5));
  });
});

type Sent = ReturnType<typeof sendMany>["sent"];

/** Lengths of the runs of lost messages, by link. */
function burstLengths(sent: Sent): number[] {
  const open = new Map<number, number>();
  const lengths: number[] = [];
  for (const { link, arrivals } of sent) {
    const length = open.get(link) ?? 0;
    if (arrivals.length > 0 && length > 0) lengths.push(length);
    open.set(link, arrivals.length === 0 ? length + 1 : 0);
  }
  for (const length of open.values()) if (length > 0) lengths.push(length);
  return lengths;
}

/** Messages that arrive before one sent earlier on their link. */
function overtakings(sent: Sent): number {
  const latest = new Map<number, number>();
  let count = 0;
  for (const { link, arrivals } of sent) {
    const atUs = arrivals[0]?.atUs;
    if (atUs === undefined) continue;
    if (atUs < (latest.get(link) ?? 0)) count += 1;
    latest.set(link, Math.max(atUs, latest.get(link) ?? 0));
  }
  return count;
}
