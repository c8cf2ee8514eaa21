// Access profiles: the published quantiles come out again, with rates, losses, outages and handovers.

import { describe, expect, it } from "vitest";
import { RecordedStreams } from "../../src/kernel/random.ts";
import { AccessNetworks, findAccessProfile } from "../../src/network/access.ts";
import { ACCESS_PROFILES } from "../../src/network/data/access-profiles.ts";
import { modelOf, send, sigmasOff } from "./statistics.ts";

const NO_DELAY = { type: "constant" as const, ms: 0 };
const only = (profile: string, seed = 1): AccessNetworks =>
  new AccessNetworks([{ nodes: [0], profile }], 3, new RecordedStreams(seed));

describe("delays", () => {
  for (const { name, roundTrip, coherenceMs } of ACCESS_PROFILES)
    it(`${name}: both directions have half of the published quantiles`, () => {
      const access = only(name);
      const windows = Array.from({ length: 20_000 }, (_, index) => index * coherenceMs * 1000);
      for (const direction of [windows.map((at) => access.upUs(0, at)), downsOf(access, windows)])
        for (const [place, share] of roundTrip.shares.entries()) {
          const publishedUs = (roundTrip.ms[place] ?? 0) * 500;
          const below = direction.filter((delay) => delay < publishedUs - 0.001).length / direction.length;
          const upTo = direction.filter((delay) => delay <= publishedUs + 0.001).length / direction.length;
          // Four standard deviations of a share; a flat stretch of quantiles is a jump of the distribution.
          const slack = 4 * Math.sqrt(0.25 / direction.length);
          expect(below).toBeLessThan(share + slack);
          expect(upTo).toBeGreaterThan(share - slack);
        }
    });

  it("depend on the time alone, not on who asked before", () => {
    const [early, late] = [only("wifi-campus"), only("wifi-campus")];
    for (let at = 0; at < 10_000_000; at += 1000) early.upUs(0, at);
    expect(late.upUs(0, 9_999_000)).toBe(early.upUs(0, 9_999_000));
  });

  it("come on top of the way between the nodes, for nodes with such an access alone", () => {
    const spec = { latency: { type: "constant" as const, ms: 30 }, access: [{ nodes: [0, 1], profile: "5g-mmwave" }] };
    const model = modelOf(spec);
    const delay = (from: number, to: number): number => (send(model, { from, to, sizeBytes: 1 })[0]?.atUs ?? 0) / 1000;
    expect(delay(2, 3)).toBe(30);
    for (const [from, to, legs] of [
      [0, 2, 1],
      [2, 1, 1],
      [0, 1, 2],
    ] as const) {
      expect(delay(from, to)).toBeGreaterThanOrEqual(30 + legs * 3);
      expect(delay(from, to)).toBeLessThanOrEqual(30 + legs * 7.9);
    }
  });
});

describe("rates", () => {
  it("limit the card of the node up and down, the slower of profile and bandwidth", () => {
    const access = [{ nodes: [0], profile: "lte-driving" }];
    const model = modelOf({ latency: NO_DELAY, access, bandwidth: { egressMbps: 100, ingressMbps: 1 } });
    const sizeBytes = 191_000;
    expect(send(model, { from: 0, to: 1, sizeBytes })[0]?.atUs).toBeGreaterThan(800_000);
    expect(send(model, { from: 2, to: 1, sizeBytes })[0]?.atUs).toBe(15_280);
    expect(model.receive?.(0, 1000, 0)).toBe(8000);
    const unlimited = modelOf({ latency: NO_DELAY, access });
    expect(unlimited.receive?.(0, 708, 0)).toBe(800);
    expect(unlimited.receive?.(1, 708, 0)).toBe(0);
  });
});

describe("losses and outages", () => {
  it("Starlink: at each planning half the messages for half a second, from the second interval on", () => {
    const model = modelOf({ latency: NO_DELAY, access: [{ nodes: [0], profile: "starlink" }] });
    const sent = Array.from({ length: 60_000 }, (_, index) => ({
      atMs: index,
      isLost: send(model, { to: 1 + (index % 2), nowUs: index * 1000 }).length === 0,
    }));
    const isHandover = (atMs: number): boolean => atMs >= 15_000 && atMs % 15_000 < 500;
    const lost = sent.filter(({ isLost }) => isLost);
    expect(lost.every(({ atMs }) => isHandover(atMs))).toBe(true);
    expect(sigmasOff(lost.length, 1500, 0.5)).toBeLessThan(3);
    expect(model.counts()).toEqual({ accessHandoverLoss: lost.length });
  });

  it("5G: as many losses as published, at the sender's and at the receiver's side", () => {
    const model = modelOf({ latency: NO_DELAY, access: [{ nodes: [0, 1], profile: "5g-low" }] });
    const lostOf = (to: number): number =>
      Array.from({ length: 100_000 }, () => send(model, { to })).filter((sent) => sent.length === 0).length;
    expect(sigmasOff(lostOf(2), 100_000, 0.0037)).toBeLessThan(3);
    expect(sigmasOff(lostOf(1), 100_000, 1 - 0.9963 ** 2)).toBeLessThan(3);
  });

  it("LTE while driving: about an outage a minute, over a second long; what is sent meanwhile leaves afterwards", () => {
    const access = only("lte-driving", 3);
    const hourUs = 3_600_000_000;
    const ends = new Map<number, number>();
    for (let at = 0; at < 10 * hourUs; at += 100_000) {
      const ready = access.readyUs(0, at);
      if (ready > at) ends.set(ready, Math.max(ends.get(ready) ?? 0, ready - at));
    }
    const expected = (10 * 3600) / (65.508 + 1.2575);
    expect(Math.abs(ends.size - expected)).toBeLessThan(3 * Math.sqrt(expected));
    for (const length of ends.values()) expect(length).toBeLessThanOrEqual(1_515_000);
    expect(Math.max(...ends.values())).toBeGreaterThan(1_300_000);
    const [end = 0] = ends.keys();
    expect(access.readyUs(0, end)).toBe(end);
    expect(only("lte-driving", 3).readyUs(0, end - 1000)).toBe(end);
  });
});

describe("names", () => {
  it("of profiles that there are not are refused, with those that there are", () => {
    expect(() => modelOf({ latency: NO_DELAY, access: [{ nodes: [0], profile: "6g" }] })).toThrow(
      'no profile "6g"; known: 5g-mmwave, 5g-low',
    );
  });

  it("the later entry of a node counts", () => {
    const access = new AccessNetworks(
      [
        { nodes: "all", profile: "starlink" },
        { nodes: [1], profile: "5g-low" },
      ],
      3,
      new RecordedStreams(1),
    );
    expect([0, 1].map((node) => access.profileOf(node))).toEqual([
      findAccessProfile("starlink"),
      findAccessProfile("5g-low"),
    ]);
  });
});

function downsOf(access: AccessNetworks, times: readonly number[]): readonly number[] {
  // Outside of outages, which would come on top.
  return times.filter((at) => access.readyUs(0, at) === at).map((at) => access.downAtUs(0, at) - at);
}
