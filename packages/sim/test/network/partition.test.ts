// Partitions: who hears whom under each shape, and when.

import { describe, expect, it } from "vitest";
import { createPartition, type Partition, type PartitionContext } from "../../src/network/partition.ts";
import type { PartitionSpec } from "../../src/scenario/schema.ts";
import { choicesOf } from "./statistics.ts";

interface World {
  nowUs: number;
  round: number;
}

function contextOf(world: World, size = 7, settings: Partial<PartitionContext> = {}): PartitionContext {
  return {
    size,
    stakes: Array.from({ length: size }, () => 1),
    quorumStake: size - Math.floor((size - 1) / 3),
    nowUs: () => world.nowUs,
    highestRound: () => world.round,
    knownLeader: (round) => (round === 0 ? null : round % size),
    choices: choicesOf(9),
    ...settings,
  };
}

function partition(
  spec: Omit<PartitionSpec, "type">,
  context: PartitionContext = contextOf({ nowUs: 0, round: 0 }),
): Partition {
  return createPartition({ type: "partition", ...spec }, context);
}

/** One line a sender: x where nothing passes. */
function picture({ pass }: Partition, size = 7): readonly string[] {
  const nodes = Array.from({ length: size }, (_, node) => node);
  return nodes.map((from) => nodes.map((to) => (pass(from, to) === "pass" ? "." : "x")).join(""));
}

describe("shapes", () => {
  it("sides: symmetric, any number; a node on two sides hears both, a node on none hears all", () => {
    expect(
      picture(
        partition({
          shape: {
            type: "sides",
            sides: [
              [0, 1],
              [2, 3],
              [3, 4],
            ],
          },
        }),
      ),
    ).toEqual(["..xxx..", "..xxx..", "xx..x..", "xx.....", "xxx....", ".......", "......."]);
  });

  it("one way: the way back works", () => {
    expect(picture(partition({ shape: { type: "oneWay", from: [0, 1], to: { last: 2 } } }), 4)).toEqual([
      "....",
      "....",
      "....",
      "....",
    ]);
    expect(
      picture(
        partition({ shape: { type: "oneWay", from: [0, 1], to: { last: 2 } } }, contextOf({ nowUs: 0, round: 0 }, 4)),
        4,
      ),
    ).toEqual(["..xx", "..xx", "....", "...."]);
    expect(partition({ shape: { type: "oneWay", from: "all", to: "all" } }).pass(3, 3)).toBe("pass");
  });

  it("links: each in the direction listed", () => {
    expect(
      picture(
        partition(
          {
            shape: {
              type: "links",
              links: [
                [0, 1],
                [2, 0],
              ],
            },
          },
          contextOf({ nowUs: 0, round: 0 }, 3),
        ),
        3,
      ),
    ).toEqual([".x.", "...", "x.."]);
  });

  it("bridge: two halves that one node reaches", () => {
    expect(picture(partition({ shape: { type: "bridge", bridge: 2 } }))).toEqual([
      "....xxx",
      "....xxx",
      ".......",
      "....xxx",
      "xx.x...",
      "xx.x...",
      "xx.x...",
    ]);
  });

  it("ring: neighbours on both sides, around the end", () => {
    expect(picture(partition({ shape: { type: "ring", reach: 2 } }))).toEqual([
      "...xx..",
      "....xx.",
      ".....xx",
      "x.....x",
      "xx.....",
      ".xx....",
      "..xx...",
    ]);
  });

  it("quorum: the larger side is just at a quorum, or just below, by stake", () => {
    const sideOfFirst = (keeps: boolean, stakes: readonly number[], quorumStake: number): number => {
      const context = contextOf({ nowUs: 0, round: 0 }, stakes.length, { stakes, quorumStake });
      const { pass } = partition({ shape: { type: "quorum", keeps } }, context);
      return stakes.reduce((sum, stake, node) => sum + (pass(0, node) === "pass" ? stake : 0), 0);
    };
    for (const size of [4, 7, 10, 31]) {
      const quorum = size - Math.floor((size - 1) / 3);
      const equal = Array.from({ length: size }, () => 1);
      expect([sideOfFirst(true, equal, quorum), sideOfFirst(false, equal, quorum)]).toEqual([quorum, quorum - 1]);
    }
    expect([sideOfFirst(true, [5, 3, 1, 1], 7), sideOfFirst(false, [5, 3, 1, 1], 7)]).toEqual([8, 6]);
  });

  it("leader: whoever leads the highest round is alone, anew each round", () => {
    const world = { nowUs: 0, round: 0 };
    const { pass } = partition({ shape: { type: "leader" } }, contextOf(world));
    expect(pass(0, 1)).toBe("pass");
    world.round = 8;
    expect([pass(1, 0), pass(0, 1), pass(2, 0)]).toEqual(["drop", "drop", "pass"]);
    world.round = 9;
    expect([pass(1, 0), pass(2, 0)]).toEqual(["pass", "drop"]);
  });

  it("random: sides that are drawn anew each period, of the same sizes on average, whoever sends or not", () => {
    const shape = { type: "random" as const, sides: 3, everyMs: 100 };
    const picturesOf = (stepMs: number): ReadonlyMap<number, string> => {
      const world = { nowUs: 0, round: 0 };
      const view = partition({ shape }, contextOf(world));
      const pictures = new Map<number, string>();
      for (; world.nowUs < 20_000_000; world.nowUs += stepMs * 1000)
        pictures.set(Math.floor(world.nowUs / 100_000), picture(view).join());
      return pictures;
    };
    const [often, seldom] = [picturesOf(50), picturesOf(700)];
    for (const [period, seen] of seldom) expect(seen).toBe(often.get(period));
    expect(new Set(often.values()).size).toBeGreaterThan(100);
    const cuts = [...often.values()].join("").replaceAll(/[^x]/gu, "").length / (200 * 42);
    expect(cuts).toBeGreaterThan(0.6);
    expect(cuts).toBeLessThan(0.73);
  });
});

describe("time", () => {
  const shape = { type: "sides" as const, sides: [[0], [1]] };

  it("in force within its window alone, and says when that changes", () => {
    const world = { nowUs: 0, round: 0 };
    const view = partition({ shape, fromMs: 10, toMs: 30 }, contextOf(world));
    const at = (ms: number): string => {
      world.nowUs = ms * 1000;
      return view.pass(0, 1);
    };
    expect([at(9.999), at(10), at(29.999), at(30)]).toEqual(["pass", "drop", "drop", "pass"]);
    expect([0, 10_000, 29_999, 30_000].map((nowUs) => view.nextChangeUs(nowUs))).toEqual([
      10_000,
      30_000,
      30_000,
      null,
    ]);
    expect(view.blockedCount()).toBe(2);
  });

  it("flapping: in force at the beginning of each period, counted from the start of the window", () => {
    const world = { nowUs: 0, round: 0 };
    const view = partition({ shape, fromMs: 5, toMs: 38, flapping: { periodMs: 10, onMs: 4 } }, contextOf(world));
    let line = "";
    for (; world.nowUs < 45_000; world.nowUs += 1000) line += view.pass(0, 1) === "pass" ? "." : "x";
    expect(line).toBe(".....xxxx......xxxx......xxxx......xxx.......");
    expect([0, 5000, 9000, 14_999, 36_000, 38_000].map((nowUs) => view.nextChangeUs(nowUs))).toEqual([
      5000,
      9000,
      15_000,
      15_000,
      38_000,
      null,
    ]);
  });

  it("without an end it stays", () => {
    expect(partition({ shape }).nextChangeUs(5)).toBeNull();
    expect(partition({ shape: { type: "random", sides: 2, everyMs: 3 } }).nextChangeUs(4000)).toBe(6000);
  });

  it("holds instead of dropping, if asked to", () => {
    expect(partition({ shape, mode: "hold" }).pass(0, 1)).toBe("hold");
  });

  it("a period of no length is refused", () => {
    expect(() => partition({ shape, flapping: { periodMs: 0, onMs: 0 } })).toThrow(
      "flapping.periodMs must be at least 1",
    );
    expect(() => partition({ shape: { type: "random", sides: 2, everyMs: 0.5 } })).toThrow(
      "everyMs must be at least 1",
    );
  });
});
