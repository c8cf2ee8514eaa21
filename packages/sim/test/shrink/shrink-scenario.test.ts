import { describe, expect, it } from "vitest";
import type { Scenario } from "../../src/scenario/schema.ts";
import { faultyNodes, isWithinFaultBound } from "../../src/shrink/fault-load.ts";
import { withoutNodes } from "../../src/shrink/reduce-nodes.ts";
import { shrinkScenario } from "../../src/shrink/shrink-scenario.ts";
import { fakeFinding } from "./fake-failure.ts";

const BASE: Scenario = {
  format: 1,
  name: "base",
  seed: 7,
  durationMs: 8000,
  committee: { size: 10 },
  protocol: { name: "selvedge", params: { gcDepth: 8 } },
  execution: { crypto: "modelled" },
  network: { latency: { type: "logNormal", medianMs: 37, sigma: 0.4 }, loss: { probability: 0.02 }, isFifo: false },
  faults: [
    { type: "crash", nodes: [2, 8], fromMs: 1234, toMs: 5000, disk: "torn" },
    {
      type: "partition",
      fromMs: 2000,
      toMs: 6000,
      shape: {
        type: "sides",
        sides: [
          [0, 8],
          [1, 2, 3],
        ],
      },
    },
    { type: "pause", nodes: "all", fromMs: 100, toMs: 300 },
  ],
  adversary: { behaviours: [{ name: "silent", nodes: [5, 9] }], budget: { nodes: 2 } },
  workload: { transactionsPerSecond: 100, transactionBytes: 200 },
  liveness: { core: "random" },
};

describe("shrinking", () => {
  it("of a scenario that passes gives nothing", () => {
    expect(shrinkScenario(BASE, () => undefined)).toBeUndefined();
  });

  it("finds the one node, the one moment and the plainest surroundings", () => {
    const shrunk = shrinkScenario(BASE, ({ faults }) => {
      const isThere = faults.some(({ type, toMs = 0, fromMs = 0 }) => type === "crash" && fromMs < 2000 && toMs > 1900);
      return isThere ? fakeFinding("UNSAFE", "agreement", 1950) : undefined;
    });
    expect(shrunk?.scenario).toEqual({
      format: 1,
      name: "UNSAFE agreement (shrunk from base)",
      seed: 7,
      durationMs: 1960,
      committee: { size: 1 },
      protocol: { name: "selvedge" },
      execution: { crypto: "modelled" },
      network: { latency: { type: "constant", ms: 10 } },
      faults: [{ type: "crash", nodes: [0], fromMs: expect.any(Number), toMs: expect.any(Number) }],
      adversary: { behaviours: [], budget: { nodes: 2 } },
      workload: { transactionsPerSecond: 0, transactionBytes: 24 },
    });
    expect(shrunk).toMatchObject({ faultEventsBefore: 16, faultEventsAfter: 1, isMinimal: true });
  });

  it("never takes a failure that needs more faulty nodes than the protocol bears for one that does not", () => {
    const shrunk = shrinkScenario(BASE, ({ adversary }) =>
      adversary.behaviours.some(({ nodes }) => Array.isArray(nodes) && nodes.length === 2)
        ? fakeFinding("STALLED", "liveness")
        : undefined,
    );
    expect(shrunk?.scenario.committee.size).toBe(7);
    expect(shrunk !== undefined && isWithinFaultBound(shrunk.scenario)).toBe(true);
  });

  it("counts lost disks among the faulty nodes, and leaves asking on where a disk does not show what it lacks", () => {
    const lossy: Scenario = {
      ...BASE,
      protocol: { name: "selvedge", local: { doppelgangerRounds: 3, leaderTimeoutMs: 50 } },
      faults: [{ type: "crash", nodes: [8], fromMs: 1000, toMs: 2000, disk: "rolledBack" }],
      adversary: { behaviours: [{ name: "silent", nodes: [5, 9] }] },
    };
    const failsWith = (needed: (scenario: Scenario) => boolean): Scenario | undefined =>
      shrinkScenario(lossy, (scenario) => (needed(scenario) ? fakeFinding("STALLED", "recovery") : undefined))
        ?.scenario;
    const one = failsWith(({ faults }) => faults.some(({ type }) => type === "crash"));
    expect(one?.committee.size).toBe(1);
    expect(one?.protocol).toEqual({ name: "selvedge" });
    const old = failsWith(({ faults }) =>
      faults.some((fault) => fault.type === "crash" && fault.disk === "rolledBack"),
    );
    expect(old?.committee.size).toBe(4);
    expect(old?.protocol.local).toEqual({ doppelgangerRounds: 3 });
    const committee = { size: 9 };
    expect(
      isWithinFaultBound({ ...lossy, committee, adversary: { behaviours: [{ name: "silent", nodes: [5] }] } }),
    ).toBe(true);
    expect(
      isWithinFaultBound({ ...lossy, committee, adversary: { behaviours: [{ name: "silent", nodes: [4, 5] }] } }),
    ).toBe(false);
    expect(isWithinFaultBound({ ...lossy, protocol: { name: "selvedge" } })).toBe(false);
  });
});

describe("the bound on faulty stake", () => {
  it("counts those through whom a behaviour acts that names none: by stake, as the run has them", () => {
    const withStakes = (stakes: number[], crashed: number): Scenario => ({
      ...BASE,
      committee: { size: stakes.length, stakes },
      faults: [{ type: "crash", nodes: [crashed], fromMs: 1000 }],
      adversary: { behaviours: [{ name: "silent" }] },
    });
    // F is 2: the last two act, and a third one is too many.
    expect(faultyNodes(withStakes([2, 2, 2, 1, 1, 1], 3))).toEqual([3, 4, 5]);
    expect(isWithinFaultBound(withStakes([2, 2, 2, 1, 1, 1], 3))).toBe(false);
    expect(isWithinFaultBound(withStakes([2, 2, 2, 1, 1, 1], 5))).toBe(true);
    // The last one holds more than F: nobody acts.
    expect(faultyNodes(withStakes([1, 1, 1, 10], 0))).toEqual([0]);
  });
});

describe("a smaller committee", () => {
  it("renumbers whatever names a node, and drops what names none any more", () => {
    const smaller = withoutNodes(
      { ...BASE, committee: { size: 10, stakes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } },
      new Set([2, 5, 9]),
    );
    expect(smaller.committee).toEqual({ size: 7, stakes: [1, 2, 4, 5, 7, 8, 9] });
    expect(smaller.faults.slice(0, 2)).toEqual([
      { type: "crash", nodes: [6], fromMs: 1234, toMs: 5000, disk: "torn" },
      {
        type: "partition",
        fromMs: 2000,
        toMs: 6000,
        shape: {
          type: "sides",
          sides: [
            [0, 6],
            [1, 2],
          ],
        },
      },
    ]);
    expect(smaller.adversary.behaviours).toEqual([]);
  });

  it("renumbers every shape of partition and both ends of a link", () => {
    const window = { fromMs: 1, toMs: 2 };
    const faults: Scenario["faults"] = [
      { type: "partition", ...window, shape: { type: "bridge", bridge: 9 } },
      { type: "partition", ...window, shape: { type: "bridge", bridge: 2 } },
      { type: "partition", ...window, shape: { type: "oneWay", from: [2, 3], to: "all" } },
      { type: "partition", ...window, shape: { type: "oneWay", from: [2], to: [5] } },
      {
        type: "partition",
        ...window,
        shape: {
          type: "links",
          links: [
            [1, 2],
            [3, 9],
            [9, 0],
          ],
        },
      },
      { type: "partition", ...window, shape: { type: "leader" } },
      { type: "link", ...window, from: [3], to: { last: 2 }, lossProbability: 0.5 },
      { type: "link", ...window, to: [2], lossProbability: 0.5 },
    ];
    expect(withoutNodes({ ...BASE, faults }, new Set([2])).faults).toEqual([
      { type: "partition", ...window, shape: { type: "bridge", bridge: 8 } },
      { type: "partition", ...window, shape: { type: "oneWay", from: [2], to: "all" } },
      {
        type: "partition",
        ...window,
        shape: {
          type: "links",
          links: [
            [2, 8],
            [8, 0],
          ],
        },
      },
      { type: "partition", ...window, shape: { type: "leader" } },
      { type: "link", ...window, from: [2], to: [7, 8], lossProbability: 0.5 },
    ]);
  });
});
