// Goal: every random scenario can be run, keeps within what the protocol bears, and whatever can be asked for is asked for.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BEHAVIOURS } from "../../src/adversary/registry.ts";
import { ACCESS_PROFILES } from "../../src/network/data/access-profiles.ts";
import { checkScenario } from "../../src/scenario/load.ts";
import { nodesOf } from "../../src/scenario/nodes.ts";
import type { FaultSpec, Scenario } from "../../src/scenario/schema.ts";
import {
  faultEventCount,
  faultyNodes,
  faultyStakeMaxOf,
  forgetfulNodes,
  isSilentLoss,
  isWithinFaultBound,
} from "../../src/shrink/fault-load.ts";
import { randomScenario } from "../../src/swarm/random-scenario.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const scenarios = seeds.map((seed) => randomScenario(seed));
const MANY: readonly Scenario[] = Array.from({ length: 1500 }, (_, seed) => randomScenario(seed));

describe("a random scenario", () => {
  it("can be run, and asks for liveness with no more faulty stake than the protocol bears", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        expect(() => checkScenario(scenario, scenario.name)).not.toThrow();
        expect(isWithinFaultBound(scenario)).toBe(true);
        expect(scenario.liveness).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it("is the same for the same seed, and another for the next", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 2), (seed) => {
        expect(randomScenario(seed)).toEqual(randomScenario(seed));
        const { name: _one, seed: _first, ...rest } = randomScenario(seed);
        const { name: _other, seed: _second, ...next } = randomScenario(seed + 1);
        expect(rest).not.toEqual(next);
      }),
      { numRuns: 100 },
    );
  });

  it("loses disks of no more stake than F leaves beside all other faulty nodes, each of which comes back in time", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { committee, adversary, durationMs, faults } = scenario;
        const { size, stakes = Array.from({ length: size }, () => 1) } = committee;
        const forgetful = forgetfulNodes(scenario);
        const faulty = faultyNodes(scenario);
        expect(forgetful.filter((node) => faulty.includes(node))).toEqual([]);
        const corrupted = new Set(adversary.behaviours.flatMap(({ nodes = [] }) => nodesOf(nodes, size)));
        const roaming = (adversary.budget?.nodes ?? 0) - corrupted.size;
        const sum = [...forgetful, ...faulty].reduce((total, node) => total + (stakes[node] ?? 0), roaming);
        expect(sum).toBeLessThanOrEqual(faultyStakeMaxOf(stakes.reduce((total, stake) => total + stake, 0)));
        const lost = faults.flatMap((fault) => (isLossOf(fault, forgetful) ? [fault.toMs ?? Infinity] : []));
        expect(Math.max(0, ...lost)).toBeLessThan(durationMs);
      }),
      { numRuns: 300 },
    );
  });

  it("has validators ask before they sign wherever a disk does not show what it lacks", () => {
    fc.assert(
      fc.property(scenarios, ({ faults, protocol }) => {
        if (faults.some(isSilentLoss)) expect(protocol.local?.["doppelgangerRounds"]).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it("takes a node down at most once at a time", () => {
    fc.assert(
      fc.property(scenarios, ({ faults, committee }) => {
        for (let node = 0; node < committee.size; node += 1) {
          const outages = faults
            .filter((fault) => isOutage(fault))
            .filter(({ nodes }) => nodesOf(nodes, committee.size).includes(node));
          for (const [position, { fromMs = 0 }] of outages.entries())
            expect(fromMs).toBeGreaterThan(outages[position - 1]?.toMs ?? -1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has more faults where they are asked to come thicker, and fewer nodes where those are limited", () => {
    const few = MANY.slice(0, 100).reduce((sum, scenario) => sum + faultEventCount(scenario), 0);
    const thick = Array.from({ length: 100 }, (_, seed) => randomScenario(seed, { faultDensity: 6, sizeMax: 4 }));
    expect(thick.reduce((sum, scenario) => sum + faultEventCount(scenario), 0)).toBeGreaterThan(few * 3);
    expect(thick.every(({ committee }) => committee.size === 4)).toBe(true);
  });
});

describe("many random scenarios", () => {
  it("ask for every villain, every fault and every latency model", () => {
    const villains = new Set(MANY.flatMap(({ adversary }) => adversary.behaviours.map(({ name }) => name)));
    expect(villains).toEqual(new Set(BEHAVIOURS.map(({ name }) => name)));
    const kinds = new Set(MANY.flatMap(({ faults }) => faults.map(kindOf)));
    const wanted =
      "clock,crash clean,crash rolledBack,crash safetyLost,crash storeLost,crash torn,crash unsynced,crash wiped,disk flip,disk full,disk slow,link,pause," +
      "partition bridge,partition leader,partition links,partition oneWay,partition quorum,partition random,partition ring,partition sides";
    expect(kinds).toEqual(new Set(wanted.split(",")));
    expect(new Set(MANY.map(({ network }) => network.latency.type)).size).toBe(8);
  });

  it("lose disks, have access networks, devices that conflict and receivers that decode for themselves, each often enough", () => {
    const often = MANY.length / 60;
    const rare = MANY.length / 200;
    const count = (has: (scenario: Scenario) => boolean): number => MANY.filter(has).length;
    for (const disk of ["wiped", "rolledBack", "safetyLost", "storeLost"])
      expect(
        count(({ faults }) => faults.some((fault) => fault.type === "crash" && fault.disk === disk)),
      ).toBeGreaterThan(often);
    for (const { name } of ACCESS_PROFILES)
      expect(count(({ network: { access = [] } }) => access.some(({ profile }) => profile === name))).toBeGreaterThan(
        rare,
      );
    expect(count(({ workload }) => workload.rivalShift !== undefined)).toBeGreaterThan(6 * often);
    expect(count(({ execution }) => execution.codec === "bytes")).toBeGreaterThan(12 * often);
    // Where nobody is faulty besides, and where somebody is; several at once; asking without a loss.
    expect(
      count((scenario) => forgetfulNodes(scenario).length > 0 && faultyNodes(scenario).length > 0),
    ).toBeGreaterThan(rare);
    expect(count((scenario) => forgetfulNodes(scenario).length > 1)).toBeGreaterThan(rare);
    const isAsking = ({ protocol, faults }: Scenario): boolean =>
      (protocol.local?.["doppelgangerRounds"] ?? 0) > 0 && !faults.some(isSilentLoss);
    expect(count(isAsking)).toBeGreaterThan(often);
  });

  it("put a disk back to an older day only where its last blocks can have been heard", () => {
    for (const { faults } of MANY) {
      const silences = faults.filter(({ type }) => type === "partition" || type === "pause");
      for (const fault of faults) {
        if (fault.type !== "crash" || fault.disk !== "rolledBack") continue;
        const { fromMs: lostMs = 0 } = fault;
        expect(silences.every(({ fromMs = 0, toMs = Infinity }) => lostMs < fromMs || lostMs > toMs)).toBe(true);
      }
    }
  });

  it("stretch the bound on faulty nodes more often than not, and reach it exactly", () => {
    const tight = MANY.filter((scenario) => scenario.committee.size === 4 && scenario.committee.stakes === undefined);
    const full = tight.filter((scenario) => faultyNodes(scenario).length === 1);
    expect(full.length).toBeGreaterThan(tight.length * 0.4);
    expect(full.length).toBeLessThan(tight.length * 0.9);
  });
});

function isOutage(fault: FaultSpec): fault is Extract<FaultSpec, { type: "crash" | "pause" }> {
  return fault.type === "crash" || fault.type === "pause";
}

function isLossOf(fault: FaultSpec, forgetful: readonly number[]): fault is Extract<FaultSpec, { type: "crash" }> {
  return fault.type === "crash" && Array.isArray(fault.nodes) && fault.nodes.some((node) => forgetful.includes(node));
}

function kindOf(fault: FaultSpec): string {
  if (fault.type === "partition") return `partition ${fault.shape.type}`;
  if (fault.type === "crash") return `crash ${fault.disk ?? "clean"}`;
  if (fault.type !== "disk") return fault.type;
  if (fault.flipBits !== undefined) return "disk flip";
  return fault.slowMs === undefined ? "disk full" : "disk slow";
}
