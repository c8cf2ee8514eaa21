// Whatever lines a trace holds, reading it ends in a view or in a TraceError, and the view keeps its own promises: every
// position in it is one of a block or commit, and histories have no loops.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { perfettoOf } from "../../src/trace/perfetto.ts";
import { readTrace } from "../../src/trace/read-trace.ts";
import { TraceError } from "../../src/trace/trace-error.ts";
import { buildView } from "../../src/viewer/build-view.ts";
import { SCENARIO_EXAMPLE } from "../trace/example-scenario.ts";

const SIZE = 4;
const RUNS = 150;
const HEADER = JSON.stringify({ type: "trace", format: 1, scenario: SCENARIO_EXAMPLE, versions: {} });
const CHAIN = JSON.stringify({ type: "chain", at: 0, chainId: "5e".repeat(32), epoch: 0 });

const at = fc.nat(1000);
const node = fc.nat(SIZE - 1);
const round = fc.nat(9);
const digest = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h");
const slot = fc.oneof(
  fc.constantFrom("chain", "", "P", "C-1"),
  fc.tuple(fc.constantFrom("P", "C"), fc.nat(12)).map(([kind, number]) => `${kind}${number}`),
);
const line = fc.oneof(
  fc.record({
    type: fc.constant("block"),
    at,
    author: node,
    round,
    digest,
    parents: fc.array(fc.tuple(node, round, digest), { maxLength: 4 }),
    bytes: fc.nat(9),
    transactions: fc.nat(9),
    updates: fc.nat(9),
    acks: fc.nat(9),
  }),
  fc.record({ type: fc.constant("signed"), at, node, round, digest }),
  fc.record({ type: fc.constant("accepted"), at, node, author: node, round, digest }),
  fc.record({ type: fc.constant("output"), at, index: fc.nat(4), digest, blocks: fc.array(digest, { maxLength: 5 }) }),
  fc.record({
    type: fc.constant("committed"),
    at,
    node,
    index: fc.nat(4),
    digest,
    parent: digest,
    slot,
    leader: fc.tuple(node, round),
    blocks: fc.nat(5),
    transactions: fc.nat(5),
  }),
  fc.record({ type: fc.constant("lifecycle"), at, node, state: fc.constantFrom("up", "down", "paused", "corrupted") }),
  fc.record({ type: fc.constant("acted"), at, who: fc.string(), what: fc.string(), node: fc.option(node) }),
  fc.record({ type: fc.constant("round"), at, node, round }),
);

describe("any trace", () => {
  it("of well-formed lines makes a view that holds together, and an export", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        const text = [HEADER, CHAIN, ...lines.map((each) => JSON.stringify(each))].join("\n");
        const { blocks, commits, slots } = buildView(readTrace(text));
        const count = blocks.round.length;
        const isBlock = (position: number): boolean => position >= 0 && position < count;
        for (const [block, parents] of blocks.parents.entries()) {
          for (const parent of parents) expect(blocks.round[parent]).toBeLessThan(blocks.round[block] ?? 0);
        }
        for (const commit of commits) expect(commit.blocks.every(isBlock)).toBe(true);
        for (const { votes, blames, certificates, commit } of slots) {
          expect([...votes, ...blames, ...certificates].every(isBlock)).toBe(true);
          if (commit !== null) expect(commits[commit]).toBeDefined();
        }
        JSON.parse(perfettoOf(readTrace(text)));
      }),
      { numRuns: RUNS },
    );
  });

  it("of any lines at all is refused with a TraceError, if it is refused", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      line.map((each) => JSON.stringify(each)),
      line.map((each) => JSON.stringify(each).slice(1)),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 6 }), (lines) => {
        try {
          buildView(readTrace([HEADER, ...lines].join("\n")));
        } catch (error) {
          expect(error).toBeInstanceOf(TraceError);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
