// G30 for the baseline: commit delays under a constant message delay are the protocol's theory to the microsecond.
// Proposal 1δ, votes 2δ, next proposal 3δ, its votes 4δ: the leader after next knows at 4δ, everybody else at 5δ.

import { describe, expect, it } from "vitest";
import { SmallWorld, faultsOfSafety, hotStuffScenario } from "./small-world.ts";

const DELTA = 10_000;

function proposedAt(world: SmallWorld, digest: string): number {
  const found = world.sent.find(({ message }) => message.type === "proposal" && message.block.digest === digest);
  if (found === undefined) throw new Error("every commit was proposed");
  return found.atUs;
}

describe.each([4, 7, 10])("two-chain HotStuff of %i validators under a constant delay", (size) => {
  const world = new SmallWorld(hotStuffScenario(size), () => DELTA);
  world.startAll();
  world.after(DELTA / 2, () => world.submit(2, 7));
  world.runUntil(200 * DELTA);

  it("commits a block 4 message delays after its proposal at the leader after next, 5 at all others", () => {
    const last = Math.min(...Array.from({ length: size }, (_, node) => world.commitsOf(node).length));
    expect(last).toBeGreaterThan(90);
    for (const { node, index, digest, leader, atUs } of world.commits) {
      if (index > last) continue;
      const delays = (atUs - proposedAt(world, digest)) / DELTA;
      expect({ index, node, delays }).toEqual({ index, node, delays: node === (leader.round + 2) % size ? 4 : 5 });
    }
  });

  it("proposes every 2 message delays", () => {
    const times = world.commitsOf(0).map(({ digest }) => proposedAt(world, digest));
    for (let index = 1; index < times.length; index += 1)
      expect((times[index] ?? 0) - (times[index - 1] ?? 0)).toBe(2 * DELTA);
  });

  it("commits a transaction once at every validator", () => {
    for (let node = 0; node < size; node += 1) {
      expect(world.commitsOf(node).flatMap(({ transactions }) => transactions)).toHaveLength(1);
    }
    expect(faultsOfSafety(world)).toEqual([]);
    expect(world.faults()).toEqual([]);
  });

  it("sends n-1 proposals and n-1 votes a view, and no timeout", () => {
    const inWindow = world.sent.filter(({ atUs }) => atUs >= 20 * DELTA && atUs < 120 * DELTA);
    const count = (type: string) => inWindow.filter(({ message }) => message.type === type).length;
    expect(count("proposal")).toBe(50 * (size - 1));
    expect(count("vote")).toBe(50 * (size - 1));
    expect(count("timeout")).toBe(0);
  });
});

describe("a chain of one", () => {
  it("commits its own blocks without peers", () => {
    const world = new SmallWorld(hotStuffScenario(1), () => DELTA);
    world.startAll();
    world.submit(0, 1);
    world.runUntil(20_000);
    expect(world.commits.length).toBeGreaterThan(10);
    expect(world.commits.flatMap(({ transactions }) => transactions)).toHaveLength(1);
  });
});

describe("parameters", () => {
  it("minBlockDelayMs slows proposals by just that", () => {
    const world = new SmallWorld(hotStuffScenario(4, { minBlockDelayMs: 30 }), () => DELTA);
    world.startAll();
    world.runUntil(2_000_000);
    const times = world.commitsOf(0).map(({ digest }) => proposedAt(world, digest));
    expect(times.length).toBeGreaterThan(30);
    for (let index = 1; index < times.length; index += 1)
      expect((times[index] ?? 0) - (times[index - 1] ?? 0)).toBe(50_000);
  });

  it("blockTransactionsMax and blockBytesMax bound a block", () => {
    for (const [local, most] of [
      [{ blockTransactionsMax: 3 }, 3],
      [{ blockBytesMax: 32 * 5 }, 5],
    ] as const) {
      const world = new SmallWorld(hotStuffScenario(4, local), () => DELTA);
      world.startAll();
      for (let id = 0; id < 40; id += 1) world.submit(id % 4, id);
      world.runUntil(2_000_000);
      const sizes = world.commitsOf(1).map(({ transactions }) => transactions.length);
      expect(Math.max(...sizes)).toBe(most);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40);
    }
  });

  it("batchDelayMs gathers the transactions of a gateway into one broadcast", () => {
    const world = new SmallWorld(hotStuffScenario(4, { batchDelayMs: 20 }), () => DELTA);
    world.startAll();
    for (let id = 0; id < 10; id += 1) world.submit(3, id);
    world.runUntil(1_000_000);
    const gossip = world.sent.filter(({ message }) => message.type === "transactions");
    expect(gossip.map(({ atUs }) => atUs)).toEqual([20_000, 20_000, 20_000]);
    expect(world.commitsOf(0).flatMap(({ transactions }) => transactions)).toHaveLength(10);
  });

  it("an unknown or impossible parameter is refused by name", () => {
    expect(() => new SmallWorld(hotStuffScenario(4, { timeoutMillis: 3 }), () => DELTA)).toThrow(/timeoutMillis/);
    expect(() => new SmallWorld(hotStuffScenario(4, { backoff: 0.5 }), () => DELTA)).toThrow(/backoff/);
  });
});
