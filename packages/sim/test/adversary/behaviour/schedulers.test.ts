// The network's villains, and the one that corrupts as it goes.

import type { VerifiedBlock } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { FakeWorld } from "../fake-world.ts";

describe("leader-scheduler", () => {
  test("F+1 get a leader's block only once they have made the block that would vote for it", () => {
    const world = new FakeWorld({ corrupted: [] });
    const scheduler = world.behaviour({ name: "leader-scheduler" });
    const [first = [], second = []] = world.dag(2);
    const leader = world.leaderOf(1);
    const verdicts = [0, 2, 3].map(
      (to) => world.message(scheduler, { from: leader, to, blocks: [first[leader] as VerifiedBlock] })?.type,
    );
    expect(verdicts).toEqual([undefined, "hold", "hold"]);
    expect(world.message(scheduler, { from: 0, to: 2, blocks: [first[0] as VerifiedBlock] })).toBeUndefined();
    expect(world.message(scheduler, { from: 2, to: 0, blocks: [first[2] as VerifiedBlock] })).toBeUndefined();
    expect(world.released).toEqual([]);
    world.message(scheduler, { from: 2, to: 1, blocks: [second[2] as VerifiedBlock] });
    expect(world.released).toHaveLength(1);
    expect([...world.holding.values()].map(({ to }) => to)).toEqual([3]);
    // What others pass on is hidden as well, from those for whom it is not over yet.
    const passedOn = [2, 3].map(
      (to) => world.message(scheduler, { from: 0, to, blocks: [first[leader] as VerifiedBlock] })?.type,
    );
    expect(passedOn).toEqual([undefined, "hold"]);
  });

  test("nothing is held longer than asked, nor past its window", () => {
    const world = new FakeWorld({ corrupted: [] });
    const scheduler = world.behaviour({ name: "leader-scheduler", toMs: 150, options: { holdMaxMs: 100 } });
    const block = world.dag(1)[0]?.[1] as VerifiedBlock;
    world.message(scheduler, { from: 1, to: 2, blocks: [block] });
    world.runUntil(99);
    expect(world.holding.size).toBe(1);
    world.message(scheduler, { from: 1, to: 3, blocks: [block] });
    world.runUntil(100);
    expect([...world.holding.values()].map(({ to }) => to)).toEqual([3]);
    world.runUntil(150);
    expect(world.holding.size).toBe(0);
    expect(world.message(scheduler, { from: 1, to: 2, blocks: [block] })).toBeUndefined();
  });

  test("without blocks it holds what the present leader says until the round is over", () => {
    const world = new FakeWorld({ corrupted: [] });
    const scheduler = world.behaviour({ name: "leader-scheduler" });
    world.highestRound = 5;
    const verdicts = [0, 2, 3].map((to) => world.message(scheduler, { from: 1, to, kind: "proposal" })?.type);
    expect(verdicts).toEqual([undefined, "hold", "hold"]);
    expect(world.message(scheduler, { from: 0, to: 2, kind: "vote" })).toBeUndefined();
    world.highestRound = 6;
    world.message(scheduler, { from: 0, to: 1, kind: "vote" });
    expect(world.holding.size).toBe(0);
  });
});

test("random-scheduler: shares and bounds are kept", () => {
  const world = new FakeWorld({ corrupted: [] });
  const options = { delayProbability: 0.4, delayMaxMs: 10, holdProbability: 0.1, holdMaxMs: 1000 };
  const scheduler = world.behaviour({ name: "random-scheduler", options });
  const delays = Array.from({ length: 4000 }, () => {
    const verdict = world.message(scheduler, { from: 0, to: 1 });
    return verdict?.type === "delay" ? verdict.ms : -1;
  });
  const share = (isIn: (ms: number) => boolean): number => delays.filter(isIn).length / delays.length;
  expect(share((ms) => ms >= 0)).toBeCloseTo(0.5, 1);
  expect(share((ms) => ms > 10)).toBeCloseTo(0.1, 1);
  expect(Math.max(...delays)).toBeLessThan(1000);
});

test("slow-links: a link is slow always or never", () => {
  const world = new FakeWorld({ size: 10, corrupted: [] });
  const slow = world.behaviour({ name: "slow-links", options: { share: 0.4, extraMs: 40 } });
  const links = Array.from({ length: 100 }, (_, link) => [Math.floor(link / 10), link % 10] as const);
  const slowOnes = links.filter(([from, to]) => {
    const verdicts = [0, 1, 2].map(() => world.message(slow, { from, to }));
    expect(new Set(verdicts.map((verdict) => verdict?.type)).size).toBe(1);
    return verdicts[0]?.type === "delay";
  });
  expect(slowOnes.length).toBeGreaterThan(25);
  expect(slowOnes.length).toBeLessThan(55);
});

describe("adaptive-leader", () => {
  test("corrupts each leader while the budget lasts, and silences those for good", () => {
    const world = new FakeWorld({ size: 7, corrupted: [], corruptMax: 2 });
    const villain = world.behaviour({ name: "adaptive-leader" });
    const silenced = Array.from({ length: 5 }, (_, round) => {
      world.highestRound = round + 1;
      return [0, 1, 2, 3, 4, 5, 6].filter(
        (from) => world.message(villain, { from, to: (from + 1) % 7 })?.type === "drop",
      );
    });
    // The first round is noticed with the first message, which is another's.
    expect(silenced).toEqual([[1], [1, 2], [1, 2], [1, 2], [1, 2]]);
    expect([...world.port.corrupted()]).toEqual([1, 2]);
    expect(world.acts.get("corrupted the leader")).toBe(2);
  });

  test("silence may end, and begins anew when it leads again", () => {
    const world = new FakeWorld({ corrupted: [], corruptMax: 1 });
    const villain = world.behaviour({ name: "adaptive-leader", options: { silentMs: 50, ahead: 1 } });
    const isSilenced = (round: number, nowMs: number): boolean => {
      world.highestRound = round;
      world.nowMs = nowMs;
      return world.message(villain, { from: 2, to: 0 })?.type === "drop";
    };
    // The message with which the villain learns of the round has left already.
    const seen = [
      [1, 0],
      [1, 0],
      [2, 49],
      [3, 50],
      [5, 60],
      [5, 60],
    ].map(([round = 0, nowMs = 0]) => isSilenced(round, nowMs));
    expect(seen).toEqual([false, true, true, false, false, true]);
  });
});
