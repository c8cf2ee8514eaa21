// The product's own consensus and ledger, whole networks of them, in virtual time: every ledger must go the same way.

import { type ModelPolicy, mustExist } from "@selvedge/integrity";
import type { ModelInfo } from "@selvedge/ledger";
import { describe, expect, it } from "vitest";
import { LedgerWorld } from "../src/ledger-world.ts";

const POLICY: ModelPolicy = {
  bufferSize: 3,
  minimum: 2,
  windowCommits: 50,
  maxStaleness: 2,
  sampleWeightMax: 10,
  normMax: 1000 * 65_536,
  aggregator: { name: "weighted-mean", clip: "median-norm" },
};

function modelOf(world: LedgerWorld, index: number): ModelInfo {
  return mustExist(world.ledger(index).models()[0], "the world has one model");
}

/** Devices send one update a second through changing gateways, based on what that gateway knows. */
function train(seed: number, size: number): LedgerWorld {
  const world = new LedgerWorld({
    size,
    seed,
    deviceCount: 5,
    policy: POLICY,
    delay: (_, random) => 5 + random.below(60),
  });
  world.network.start();
  for (let second = 1; second <= 6; second += 1) {
    world.network.runUntil(second * 1000);
    for (let device = 0; device < 5; device += 1) {
      const gateway = (device + second) % size;
      const values = [device, second, device - second, 1];
      world.submit(gateway, { device, sequence: second, base: world.newestVersion(gateway), values });
    }
  }
  world.network.runUntil(10_000);
  return world;
}

describe("consensus and ledger in one world", () => {
  it.each([1, 2, 3])("every validator has the same state root after every commit (seed %i)", (seed) => {
    const world = train(seed, 4);
    const [first = new Map<number, string>(), ...others] = world.stateRoots;
    expect(first.size).toBeGreaterThan(20);
    for (const roots of others) {
      const common = [...roots.keys()].filter((index) => first.has(index));
      expect(common.length).toBeGreaterThan(20);
      for (const index of common) expect(roots.get(index)).toBe(first.get(index));
    }
    expect(world.network.hosts.every(({ faults }) => faults.length === 0)).toBe(true);
  });

  it("versions close, and the same on every validator", () => {
    const world = train(4, 4);
    const lineages = [0, 1, 2, 3].map((index) =>
      world
        .ledger(index)
        .versions(modelOf(world, index).id)
        .map(({ digest }) => digest),
    );
    const shortest = Math.min(...lineages.map(({ length }) => length));
    expect(shortest).toBeGreaterThan(4);
    for (const lineage of lineages) expect(lineage.slice(0, shortest)).toEqual(lineages[0]?.slice(0, shortest));
  });

  it("the same seed gives the same world, another seed another", () => {
    const trace = (world: LedgerWorld): string[] =>
      world.network.hosts.map(({ engine }) => engine?.traceDigest() ?? "");
    expect(trace(train(5, 4))).toEqual(trace(train(5, 4)));
    expect(trace(train(6, 4))).not.toEqual(trace(train(5, 4)));
  });

  it("a validator that was away executes what it missed", () => {
    const world = new LedgerWorld({ size: 4, seed: 9, deviceCount: 5, policy: POLICY });
    world.network.start();
    world.network.runUntil(1000);
    world.network.host(3).crash();
    for (let device = 0; device < 3; device += 1) {
      world.submit(0, { device, sequence: 1, base: world.newestVersion(0), values: [1, 2, 3, device] });
    }
    world.network.runUntil(6000);
    expect(modelOf(world, 0).current.record.version).toBe(1);
    expect(modelOf(world, 3).current.record.version).toBe(0);
    world.network.host(3).start();
    world.network.runUntil(12_000);
    expect(world.newestVersion(3)).toBe(world.newestVersion(0));
  });
});
