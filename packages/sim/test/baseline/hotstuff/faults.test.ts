// Crashes, partitions and loss: safety at every instant, and commits again once the network is whole.

import { describe, expect, it } from "vitest";
import { type Sent, SmallWorld, faultsOfSafety, hotStuffScenario } from "./small-world.ts";

const DELTA = 10_000;
const SECOND = 1_000_000;

function newestIndex(world: SmallWorld, node: number): number {
  return world.commitsOf(node).at(-1)?.index ?? 0;
}

function transactionsAt(world: SmallWorld, node: number): number {
  return world.commitsOf(node).reduce((sum, { transactions }) => sum + transactions.length, 0);
}

describe("crashed validators", () => {
  it("f of them stop nothing: views they lead end in timeout certificates", () => {
    const world = new SmallWorld(hotStuffScenario(7, { timeoutMs: 100 }), () => DELTA);
    for (const node of [0, 1, 3, 4, 6]) world.start(node);
    for (let id = 0; id < 20; id += 1) world.after(id * 50_000, () => world.submit(id % 2, id));
    world.runUntil(10 * SECOND);
    for (const node of [0, 1, 3, 4, 6]) expect(transactionsAt(world, node)).toBe(20);
    expect(world.sent.some(({ message }) => message.type === "timeout")).toBe(true);
    expect(faultsOfSafety(world)).toEqual([]);
    expect(world.faults()).toEqual([]);
  });

  it("f + 1 of them stop every commit and break nothing", () => {
    const world = new SmallWorld(hotStuffScenario(4, { timeoutMs: 100 }), () => DELTA);
    world.start(0);
    world.start(1);
    world.runUntil(5 * SECOND);
    expect(world.commits).toEqual([]);
  });

  it.each(["clean", "unsynced", "torn"] as const)(
    "restart from a %s disk votes in no view twice and catches up",
    (mode) => {
      const world = new SmallWorld(hotStuffScenario(4, { timeoutMs: 100 }), () => DELTA);
      world.startAll();
      for (let id = 0; id < 60; id += 1) world.after(id * 100_000, () => world.submit((id % 3) + 1, id));
      for (let turn = 0; turn < 8; turn += 1) {
        world.after(turn * 600_000 + 203_000, () => world.crash(0, mode));
        world.after(turn * 600_000 + 203_000 + turn * 20_000, () => world.start(0));
      }
      world.runUntil(8 * SECOND);
      expect(faultsOfSafety(world)).toEqual([]);
      expect(newestIndex(world, 0)).toBeGreaterThan(newestIndex(world, 1) - 3);
      expect(transactionsAt(world, 1)).toBe(60);
    },
  );

  it("all of them at once: the chain goes on from the disks", () => {
    const world = new SmallWorld(hotStuffScenario(4, { timeoutMs: 100 }), () => DELTA);
    world.startAll();
    world.runUntil(SECOND);
    for (let node = 0; node < 4; node += 1) world.crash(node, "unsynced");
    const before = Math.max(...[0, 1, 2, 3].map((node) => newestIndex(world, node)));
    world.startAll();
    world.runUntil(3 * SECOND);
    for (let node = 0; node < 4; node += 1) expect(newestIndex(world, node)).toBeGreaterThan(before + 20);
    expect(faultsOfSafety(world)).toEqual([]);
  });
});

describe("partitions", () => {
  const cut =
    (left: ReadonlySet<number>, fromUs: number, toUs: number) =>
    ({ from, to, atUs }: Sent) =>
      atUs >= fromUs && atUs < toUs && left.has(from) !== left.has(to) ? undefined : DELTA;

  it("into halves without a quorum: nothing commits meanwhile, everything after", () => {
    const world = new SmallWorld(hotStuffScenario(4), cut(new Set([0, 1]), SECOND, 21 * SECOND));
    world.startAll();
    for (let id = 0; id < 40; id += 1) world.after(id * SECOND, () => world.submit(id % 4, id));
    world.runUntil(45 * SECOND);
    const meanwhile = world.commits.filter(({ atUs }) => atUs > 1.2 * SECOND && atUs < 21 * SECOND);
    expect(meanwhile).toEqual([]);
    for (let node = 0; node < 4; node += 1) expect(transactionsAt(world, node)).toBe(40);
    const first = world.commits.find(({ atUs }) => atUs > 21 * SECOND);
    expect(first?.atUs).toBeLessThan(25 * SECOND);
    expect(faultsOfSafety(world)).toEqual([]);
  });

  it("one validator alone: it fetches hundreds of blocks from the others and agrees", () => {
    const world = new SmallWorld(hotStuffScenario(4, { timeoutMs: 100 }), cut(new Set([2]), SECOND, 16 * SECOND));
    world.startAll();
    world.runUntil(18 * SECOND);
    expect(world.sent.some(({ message }) => message.type === "blocks" && message.blocks.length > 10)).toBe(true);
    expect(newestIndex(world, 2)).toBeGreaterThan(newestIndex(world, 0) - 3);
    expect(newestIndex(world, 2)).toBeGreaterThan(100);
    expect(faultsOfSafety(world)).toEqual([]);
  });
});

describe("block sync", () => {
  it("asks the next validator when one does not answer", () => {
    const isolated = 2;
    const world = new SmallWorld(
      hotStuffScenario(4, { timeoutMs: 100, fetchTimeoutMs: 50 }),
      ({ from, to, message, atUs }) => {
        const isCut = atUs > SECOND && atUs < 2 * SECOND && (from === isolated || to === isolated);
        const isUnhelpful = message.type === "blocks" && from !== 1;
        return isCut || isUnhelpful ? undefined : DELTA;
      },
    );
    world.startAll();
    world.runUntil(4 * SECOND);
    expect(newestIndex(world, isolated)).toBeGreaterThan(newestIndex(world, 0) - 3);
    expect(newestIndex(world, isolated)).toBeGreaterThan(60);
  });
});

describe("lossy and jittery networks", () => {
  it.each(Array.from({ length: 12 }, (_, seed) => seed + 1))("seed %i: safe meanwhile, live after", (seed) => {
    const chaosUs = 6 * SECOND;
    const world = new SmallWorld(
      hotStuffScenario(4, { timeoutMs: 60 }),
      ({ atUs }, draw) => {
        if (atUs > chaosUs) return DELTA;
        return draw() < 0.2 ? undefined : Math.floor(draw() * draw() * 120_000);
      },
      seed,
    );
    world.startAll();
    for (let id = 0; id < 60; id += 1) world.after(id * 90_000, () => world.submit(id % 4, id));
    for (let turn = 0; turn < 6; turn += 1) {
      const node = turn % 4;
      world.after(turn * 900_000 + 400_000, () => world.crash(node, "torn"));
      world.after(turn * 900_000 + 600_000, () => world.start(node));
    }
    world.runUntil(chaosUs);
    const before = Math.max(...[0, 1, 2, 3].map((node) => newestIndex(world, node)));
    world.runUntil(chaosUs + 3 * SECOND);
    expect(faultsOfSafety(world)).toEqual([]);
    for (let node = 0; node < 4; node += 1) expect(newestIndex(world, node)).toBeGreaterThan(before + 10);
  });
});

describe("timeouts", () => {
  it("grow with every view that brings no commit, up to the bound", () => {
    const world = new SmallWorld(
      hotStuffScenario(4, { timeoutMs: 100, backoff: 2, backoffMax: 3 }),
      ({ message, from, to }) => (message.type === "proposal" || from === to ? undefined : 0),
    );
    world.startAll();
    world.runUntil(4 * SECOND);
    const entered = world.observed.flatMap(({ node, atUs, observation }) =>
      node === 0 && observation.type === "round" ? [atUs] : [],
    );
    const lengths = entered.slice(1, 9).map((atUs, index) => (atUs - (entered[index] ?? 0)) / 1000);
    expect(lengths).toEqual([100, 100, 100, 200, 400, 800, 800, 800]);
  });
});
