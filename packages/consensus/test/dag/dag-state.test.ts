// The graph in memory: slots, rounds, eviction.

import { describe, expect, it } from "vitest";
import { DagState } from "../../src/dag/dag-state.ts";
import { drawDag } from "../../src/testing/dag-dsl.ts";

function drawn(text: string): DagState {
  const dag = new DagState({ genesisIds: ["g0", "g1", "g2", "g3"] });
  for (const { id, round, author, ancestors } of drawDag(text, 4).blocks) {
    dag.insert({ id, round, author, parentIds: ancestors, block: null });
  }
  return dag;
}

const TEXT = `
  1: A B C D D'
  2: A B C
  4: A(A2 B2 C2)`;

describe("the DAG in memory", () => {
  it("starts with genesis, one vertex for each validator", () => {
    const dag = new DagState({ genesisIds: ["g0", "g1"] });
    expect(dag.atRound(0).map(({ id, author }) => [id, author])).toEqual([
      ["g0", 0],
      ["g1", 1],
    ]);
    expect([dag.highestRound, dag.size]).toEqual([0, 2]);
  });

  it("knows rounds, slots, twins and each author's newest", () => {
    const dag = drawn(TEXT);
    expect(dag.atRound(1).map(({ id }) => id)).toEqual(["A1", "B1", "C1", "D1", "D1'"]);
    expect(dag.inSlot(1, 3).map(({ id }) => id)).toEqual(["D1", "D1'"]);
    expect(dag.inSlot(2, 3)).toEqual([]);
    expect([dag.newestOf(0)?.id, dag.newestOf(3)?.id, dag.newestOf(4)?.id]).toEqual(["A4", "D1", undefined]);
    expect([dag.has("A2"), dag.has("D2"), dag.get("A2")?.round, dag.highestRound]).toEqual([true, false, 2, 4]);
  });

  it("§9: reading a round does not create it", () => {
    const dag = drawn(TEXT);
    const size = dag.size;
    expect(dag.atRound(3)).toEqual([]);
    expect(dag.atRound(1000)).toEqual([]);
    expect([dag.highestRound, dag.size]).toEqual([4, size]);
  });

  it("links parents in the header's order, and only those in memory", () => {
    const dag = drawn(TEXT);
    expect(dag.get("B2")?.parents.map(({ id }) => id)).toEqual(["B1", "A1", "C1", "D1"]);
    dag.evictBelow(2);
    const late = dag.insert({ id: "D2", round: 2, author: 3, parentIds: ["D1", "A1"], block: null });
    expect(late.parents).toEqual([]);
  });

  it("evicts whole rounds for good, and what is evicted holds on to nothing", () => {
    const dag = drawn(TEXT);
    const evicted = dag.get("A1");
    dag.evictBelow(2);
    expect([dag.lowestRound, dag.has("A1"), dag.has("g0"), dag.has("A2")]).toEqual([2, false, false, true]);
    expect(evicted?.parents).toEqual([]);
    expect([dag.newestOf(3), dag.newestOf(0)?.id]).toEqual([undefined, "A4"]);
    dag.insert({ id: "D1", round: 1, author: 3, parentIds: [], block: null });
    expect([dag.has("D1"), dag.atRound(1)]).toEqual([false, []]);
  });

  it("asserts that a block enters once and after rounds before it", () => {
    const dag = drawn(TEXT);
    expect(() => dag.insert({ id: "A1", round: 1, author: 0, parentIds: [], block: null })).toThrow("once");
    expect(() => dag.insert({ id: "Z", round: 2, author: 0, parentIds: ["A2"], block: null })).toThrow("earlier");
  });
});
