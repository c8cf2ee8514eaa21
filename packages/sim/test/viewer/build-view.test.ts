// What the page is told is what happened: slots and tallies as the engine's rule has them, twins, conflicts, and bounds
// that hold whatever a trace says.

import { describe, expect, it } from "vitest";
import { readTrace } from "../../src/trace/read-trace.ts";
import type { TraceLine, TraceLineOf } from "../../src/trace/trace-event.ts";
import { buildView } from "../../src/viewer/build-view.ts";
import { VIEW_LANES_MAX, VIEW_LANE_MARKS_MAX, VIEW_ROUND_MAX } from "../../src/viewer/limits.ts";
import type { ViewData } from "../../src/viewer/view-data.ts";
import { tracedNetwork } from "../trace/traced-network.ts";
import { syntheticTrace } from "./synthetic-trace.ts";

const QUORUM = 3;

function authorsOf({ blocks }: ViewData, list: readonly number[]): ReadonlySet<number | undefined> {
  return new Set(list.map((block) => blocks.author[block]));
}

function firsts(pairs: readonly number[]): readonly number[] {
  return pairs.filter((_, position) => position % 2 === 0);
}

describe("the view of a run with a crash", () => {
  const lines = [...readTrace(tracedNetwork({ size: 4, untilMs: 3000, crash: [3, 600, 1500] }))];
  const view = buildView(lines);

  it("holds every block with the parents that the trace gives it", () => {
    const told = lines.filter((line): line is TraceLineOf<"block"> => line.type === "block");
    expect(view.blocks.digest).toEqual(told.map(({ digest }) => digest));
    const parents = view.blocks.parents.map((list) => list.map((parent) => view.blocks.digest[parent]));
    const known = new Set(view.blocks.digest);
    expect(parents).toEqual(
      told.map((block) => block.parents.map(([, , digest]) => digest).filter((digest) => known.has(digest))),
    );
  });

  it("has every slot in order: committed, skipped, void, and open at the end alone", () => {
    const states = new Set(view.slots.map(({ state }) => state));
    expect(states).toEqual(new Set(["commit", "open", "skip", "void"]));
    const firstOpen = view.slots.findIndex(({ state }) => state === "open");
    expect(view.slots.slice(firstOpen).every(({ state }) => state === "open")).toBe(true);
    const ofRounds = view.slots.filter(({ kind }) => kind === "P").map(({ round }) => round);
    expect(ofRounds).toEqual(ofRounds.map((_, position) => position + 1));
  });

  it("gives skipped slots to the crashed leader, by quorums of blame or for want of certificates", () => {
    const skipped = view.slots.filter(({ state }) => state === "skip");
    expect(skipped.length).toBeGreaterThan(1);
    expect(skipped.filter(({ author }) => author === 3).length).toBeGreaterThan(1);
    for (const slot of skipped) expect(authorsOf(view, firsts(slot.certificates)).size).toBeLessThan(QUORUM);
  });

  it("shows a quorum of votes under every certificate, and votes or blames of every voter", () => {
    const committed = view.slots.filter(({ state, kind }) => state === "commit" && kind === "P");
    expect(committed.length).toBeGreaterThan(30);
    for (const slot of committed) {
      const { votes, blames, certificates, round } = slot;
      expect(certificates.length).toBeGreaterThan(0);
      expect(authorsOf(view, firsts(votes)).size).toBeGreaterThanOrEqual(QUORUM);
      const voters = view.blocks.round.filter((of) => of === round + 1).length;
      expect(firsts(votes).length + blames.length).toBe(voters);
    }
  });

  it("puts each block into the commit that output it, and the leader last among rounds", () => {
    for (const commit of view.commits) {
      expect(view.blocks.round[commit.leader]).toBe(commit.round);
      expect(Math.max(...commit.blocks.map((block) => view.blocks.round[block] ?? 0))).toBe(commit.round);
      expect(commit.isConflict).toBe(false);
    }
    const all = view.commits.flatMap(({ blocks }) => blocks);
    expect(new Set(all).size).toBe(all.length);
  });

  it("tells when each node accepted a block, its author first", () => {
    for (const [block, times] of (view.accepted ?? []).entries()) {
      const told = times.filter((time) => time >= 0);
      expect(times[view.blocks.author[block] ?? -1]).toBe(Math.min(...told));
    }
    expect(view.accepted?.length).toBe(view.blocks.round.length);
  });

  it("knows when the node was down, and that the run has no result", () => {
    expect(view.nodes[3]?.states).toEqual([
      [600_000, "down"],
      [1_500_000, "up"],
    ]);
    expect(view.verdict).toBeNull();
    expect(view.notes.join()).toContain("cut short");
  });
});

describe("the view of a node that runs twice", () => {
  const view = buildView(readTrace(tracedNetwork({ size: 7, untilMs: 1500, twins: [6] })));

  it("has both blocks of a round, each with its place in the output", () => {
    const slots = new Map<string, number>();
    for (const [block, author] of view.blocks.author.entries()) {
      const slot = `${author} ${view.blocks.round[block]}`;
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
    }
    const twins = [...slots].filter(([, count]) => count > 1);
    expect(twins.length).toBeGreaterThan(3);
    expect(twins.every(([slot]) => slot.startsWith("6 "))).toBe(true);
    expect(view.nodes.some(({ reports }) => reports.some(([, text]) => text.startsWith("equivocation")))).toBe(true);
  });

  it("never lets one vote stand for two blocks of a slot", () => {
    for (const { votes } of view.slots) expect(new Set(firsts(votes)).size).toBe(firsts(votes).length);
  });
});

describe("whatever a trace says", () => {
  const base = [...syntheticTrace({ size: 4, rounds: 12 })];
  const commit = base.find((line): line is TraceLineOf<"committed"> => line.type === "committed");
  const view = (more: readonly object[]): ViewData => buildView([...base, ...(more as readonly TraceLine[])]);

  it("two commits of one index are both kept, and marked", () => {
    const other = { ...commit, digest: "other", node: 3, at: 700_000 };
    const conflicts = view([other]).commits.filter(({ isConflict }) => isConflict);
    expect(conflicts.map(({ digest }) => digest)).toEqual(["c1", "other"]);
    expect(conflicts.map(({ index }) => index)).toEqual([1, 1]);
  });

  it("of two commits of one index the slot goes to the one that more nodes made", () => {
    const { slots, commits } = view([{ ...commit, digest: "other", node: 3, at: 1 }]);
    expect(commits[0]?.digest).toBe("other");
    expect(commits[slots[0]?.commit ?? -1]?.digest).toBe("c1");
  });

  it("a slot that was certified and emitted nothing is told from one that was skipped", () => {
    const passing = base.flatMap((line): readonly TraceLine[] => {
      if (line.type !== "committed" || line.index < 3) return [line];
      return line.index === 3 ? [] : [{ ...line, index: line.index - 1 }];
    });
    const states = buildView(passing.filter(({ type }) => type !== "output")).slots.map(({ state }) => state);
    expect(states.slice(0, 4)).toEqual(["commit", "commit", "earlier", "commit"]);
  });

  it("a node's rounds rise, each told once", () => {
    const { nodes } = view([]);
    expect(nodes[0]?.rounds.filter((_, position) => position % 2 === 1)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
  });

  it.each([
    ["a commit with a slot of another round", { ...commit, index: 10, digest: "x", slot: "P999999999" }],
    ["a commit of no slot", { ...commit, index: 10, digest: "x", slot: "?" }],
    ["a commit without its leader", { ...commit, index: 10, digest: "x", slot: "P10", leader: [0, 90] }],
    ["a commit out of order", { ...commit, index: 10, digest: "x", slot: "P1" }],
  ])("%s ends the slots there, with a note", (_, line) => {
    const { slots, notes } = view([line]);
    expect(slots.filter(({ state }) => state === "commit").length).toBe(9);
    expect(notes.join()).toContain("to a point only");
  });

  it("a block is no parent of itself nor of a round before it", () => {
    const loop = {
      type: "block",
      at: 1,
      author: 0,
      round: 5,
      digest: "loop",
      parents: [
        [0, 4, "loop"],
        [1, 5, "1-5"],
        [1, 4, "1-6"],
        [1, 4, "1-4"],
      ],
      bytes: 1,
      transactions: 0,
      updates: 0,
      acks: 0,
    };
    const { blocks } = view([loop]);
    expect(blocks.parents.at(-1)?.map((parent) => blocks.digest[parent])).toEqual(["1-4"]);
  });

  it("parameters that no chain may have are not followed", () => {
    const scenario = { protocol: { name: "c-only", params: { coinPeriod: 0, firstCoinRound: 2 ** 50 } } };
    const { notes, slots } = buildView(syntheticTrace({ size: 4, rounds: 12, scenario }));
    expect(notes.join()).toContain("does not tell the chain");
    expect(slots.length).toBe(9);
  });

  it("a round beyond reason is refused", () => {
    expect(() => view([{ type: "signed", at: 1, node: 0, round: VIEW_ROUND_MAX + 1, digest: "far" }])).toThrow(
      /beyond/,
    );
  });

  it("lanes of acts stay few and small, and count everything", () => {
    const acts = Array.from({ length: 3 * VIEW_LANE_MARKS_MAX }, (_, position) => ({
      type: "acted",
      at: position * 90_000,
      who: `villain ${position % 40}`,
      what: "lied",
      node: null,
    }));
    const lanes = view(acts).acts;
    expect(lanes.length).toBe(VIEW_LANES_MAX);
    expect(lanes.reduce((sum, { count }) => sum + count, 0)).toBe(acts.length);
    for (const { marks, count } of lanes) {
      expect(marks.length).toBeLessThanOrEqual(VIEW_LANE_MARKS_MAX);
      expect(marks.reduce((sum, [, many]) => sum + many, 0)).toBe(count);
    }
  });

  it("a chain without a DAG has its proposals and commits", () => {
    const lines: readonly TraceLine[] = [
      { type: "trace", format: 1, scenario: scenarioOf("hotstuff"), versions: {} },
      { type: "signed", at: 5, node: 1, round: 1, digest: "p1" },
      { ...(commit as TraceLineOf<"committed">), slot: "chain", leader: [1, 1], blocks: 0 },
    ];
    const { blocks, slots, commits } = buildView(lines);
    expect(blocks.author).toEqual([1]);
    expect(slots).toMatchObject([{ kind: "other", state: "commit", author: 1, round: 1 }]);
    expect(commits).toMatchObject([{ leader: 0, blocks: [0] }]);
  });
});

function scenarioOf(protocol: string): TraceLineOf<"trace">["scenario"] {
  const [header] = syntheticTrace({ size: 4, rounds: 1, scenario: { protocol: { name: protocol } } });
  return (header as TraceLineOf<"trace">).scenario;
}
