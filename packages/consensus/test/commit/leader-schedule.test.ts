// S7: the arithmetic of schedules and scores.

import { digestFromBytes, epoch } from "@selvedge/integrity";
import { testCommittee } from "@selvedge/integrity/testing";
import { describe, expect, it } from "vitest";
import { drawSchedule, epochSeedOf, firstSchedule, leaderIn } from "../../src/commit/leader-schedule.ts";
import { LeaderScores } from "../../src/commit/leader-scores.ts";
import { DagState } from "../../src/dag/dag-state.ts";
import type { Vertex } from "../../src/dag/vertex-pool.ts";
import { HashDraw } from "../../src/hash-draw.ts";
import { drawDag } from "../../src/testing/dag-dsl.ts";

const epochSeed = digestFromBytes(new Uint8Array(32).fill(5));

function placesOf(stakes: readonly number[], scores: readonly number[] | null, number: number = 2): readonly number[] {
  const { committee, crypto } = testCommittee(stakes.length, stakes);
  return drawSchedule({ sha256: crypto.sha256, committee, epochSeed, number, scores }).places;
}

function countsOf(places: readonly number[], size: number): readonly number[] {
  return Array.from({ length: size }, (_, author) => places.filter((place) => place === author).length);
}

const ones = (size: number): readonly number[] => Array.from({ length: size }, () => 1);

describe("S7 the permutation", () => {
  it("equal stakes have one place each, whatever the stake", () => {
    expect(countsOf(placesOf(ones(7), null), 7)).toEqual(ones(7));
    expect(countsOf(placesOf([9, 9, 9, 9], null), 4)).toEqual(ones(4));
  });

  it("places are stakes over their common divisor, or rounded down to 4n in all with at least one each", () => {
    expect(countsOf(placesOf([6, 2, 2, 4], null), 4)).toEqual([3, 1, 1, 2]);
    expect(countsOf(placesOf([1, 2 ** 40, 2 ** 40 + 1, 2 ** 41], null), 4)).toEqual([1, 3, 4, 7]);
  });

  it("is drawn from the seed and the schedule's number alone", () => {
    expect(placesOf(ones(10), null)).toEqual(placesOf(ones(10), null));
    const drawn = Array.from({ length: 20 }, (_, number) => placesOf(ones(10), null, number + 1).join());
    expect(new Set(drawn).size).toBe(20);
    const { committee, crypto, chainId } = testCommittee(4);
    expect(firstSchedule({ sha256: crypto.sha256, committee, epochSeed }).number).toBe(1);
    expect(epochSeedOf(crypto.sha256, { chainId, epoch: committee.epoch })).not.toBe(epochSeed);
  });

  it("§11: the seed of a later epoch depends on its start, so nobody can work leaders out before the epoch begins", () => {
    const { committee, crypto, chainId } = testCommittee(4);
    const seedOf = (fill: number): string =>
      epochSeedOf(crypto.sha256, {
        chainId,
        epoch: epoch(committee.epoch + 1),
        startDigest: digestFromBytes(new Uint8Array(32).fill(fill)),
      });
    expect(seedOf(1)).not.toBe(seedOf(2));
  });

  it("leader(r) is entry r mod length", () => {
    const places = placesOf(ones(4), null);
    const schedule = { number: 2, places: drawSchedule({ ...drawOf(4), number: 2, scores: null }).places };
    expect([0, 1, 2, 3, 4, 9].map((round) => leaderIn(schedule, round))).toEqual(
      [0, 1, 2, 3, 0, 1].map((at) => places[at]),
    );
  });

  it("every order of three comes about equally often", () => {
    const counts = new Map<string, number>();
    for (let number = 1; number <= 600; number += 1) {
      const order = placesOf(ones(3), null, number).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(40);
  });
});

describe("S7 the exchange", () => {
  it("the worst of stake ≤ F give their places to the best, in the order of places", () => {
    expect(countsOf(placesOf(ones(4), [5, 9, 3, 4]), 4)).toEqual([1, 2, 0, 1]);
    expect(countsOf(placesOf(ones(7), [5, 9, 3, 4, 8, 7, 6]), 7)).toEqual([1, 2, 0, 0, 2, 1, 1]);
    const without = placesOf(ones(7), null);
    const after = placesOf(ones(7), [5, 9, 3, 4, 8, 7, 6]);
    const takers = without.flatMap((place, at) => (place === 2 || place === 3 ? [after[at]] : []));
    expect(takers).toEqual([1, 4]);
  });

  it("ties go by index: the lower one is the better, and equals exchange nothing", () => {
    expect(countsOf(placesOf(ones(4), [7, 7, 7, 7]), 4)).toEqual(ones(4));
    expect(countsOf(placesOf(ones(4), [7, 9, 9, 7]), 4)).toEqual([1, 2, 1, 0]);
  });

  it("counts by stake: the worst third is a third of the stake, not of the heads", () => {
    // S = 13, F = 4: ranked D B C A; the worst within 4 are A and C; D alone exceeds 4 and is still the best.
    expect(countsOf(placesOf([2, 3, 2, 6], [0, 5, 1, 9]), 4)).toEqual([0, 3, 0, 10]);
  });
});

describe("S7 scores", () => {
  const { committee } = testCommittee(4, [1, 1, 1, 2]);

  function scored(
    text: string,
    fresh: (vertex: Vertex) => boolean,
    gcRoundBefore: number = 0,
    start: number = 0,
  ): readonly number[] {
    const dag = new DagState({ genesisIds: ["g0", "g1", "g2", "g3"] });
    const { blocks } = drawDag(text, 4);
    const vertices = blocks.map(({ id, round, author, ancestors }) =>
      dag.insert({ id, round, author, parentIds: ancestors, block: null }),
    );
    const scores = new LeaderScores(committee, [start, 0, 0, 0]);
    scores.add({ vertices, gcRoundBefore, leaderOf: () => 0, isFresh: fresh });
    return scores.values;
  }

  const all = (): boolean => true;

  it("an author gains the stake of each certificate that its vote entered", () => {
    // S = 5, F = 1, Q = 4. A3: votes A2 B2 D2 = 4, worth 1. D3: A2 C2 D2 = 4, worth 2. B3: A2 B2 C2 = 3, no certificate.
    const text = `
      1: A B C D
      2: A B C D
      3: A(ABD) B(ABC) D(ACD)`;
    expect(scored(text, all)).toEqual([3, 1, 2, 3]);
  });

  it("a vote that blames, or was not output in these commits, does not enter", () => {
    const text = `
      1: A B C D
      2: A B C(BCD) D
      3: A B(ACD) C(CD)`;
    expect(scored(text, all)).toEqual([2, 2, 0, 2]);
    expect(scored(text, ({ id }) => id !== "B2")).toEqual([0, 0, 0, 0]);
  });

  it("slots of rounds up to gcRound are not read", () => {
    const text = "1-4: A B C D";
    expect(scored(text, all)).toEqual([10, 10, 10, 10]);
    expect(scored(text, all, 1)).toEqual([5, 5, 5, 5]);
    expect(scored(text, all, 2)).toEqual([0, 0, 0, 0]);
  });

  it("saturate instead of losing precision", () => {
    expect(scored("1-3: A B C D", all, 0, Number.MAX_SAFE_INTEGER - 2)).toEqual([Number.MAX_SAFE_INTEGER, 5, 5, 5]);
  });
});

describe("S7 draws", () => {
  it("lie below their bound, and are the same for the same seed", () => {
    const { crypto } = testCommittee(1);
    const source = { sha256: crypto.sha256, kind: "schedule" as const, seed: epochSeed };
    const [first, second] = [new HashDraw(source), new HashDraw(source)];
    for (const bound of [1, 2, 3, 1000, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const value = first.below(bound);
      expect(value).toBeLessThan(bound);
      expect(second.below(bound)).toBe(value);
    }
    expect(() => first.below(0)).toThrow("positive");
  });
});

function drawOf(size: number): Omit<Parameters<typeof drawSchedule>[0], "number" | "scores"> {
  const { committee, crypto } = testCommittee(size);
  return { sha256: crypto.sha256, committee, epochSeed };
}
