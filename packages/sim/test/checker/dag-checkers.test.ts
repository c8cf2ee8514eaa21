// What enters the DAG and what comes out of it: well-formed blocks, causal completeness, reported equivocation, the
// integrity of commits and validity. Bad streams and their good siblings.

import { describe, expect, test } from "vitest";
import { BlockIndex } from "../../src/checker/block-index.ts";
import { createCausalCompleteness } from "../../src/checker/causal-completeness.ts";
import { EquivocationReportedChecker } from "../../src/checker/equivocation-reported.ts";
import { PaceChecker } from "../../src/checker/pace.ts";
import { SubDagChecker } from "../../src/checker/sub-dag.ts";
import { ValidityChecker } from "../../src/checker/validity.ts";
import { createWellFormed } from "../../src/checker/well-formed.ts";
import {
  type ContextOptions,
  SIZE,
  type Said,
  accepted,
  block,
  committedBlocks,
  contextOf,
  judge,
  refs,
  roundOver,
  signed,
  text,
} from "./checker-bench.ts";

const ALL = [0, 1, 2, 3];
const first = ALL.map((author) => block(1, author));
const second = roundOver(first, ALL);
const [a1, b1, c1, d1] = first as [
  (typeof first)[0] & {},
  (typeof first)[0] & {},
  (typeof first)[0] & {},
  (typeof first)[0] & {},
];

describe("well-formed", () => {
  const wellFormed = (): ReturnType<typeof createWellFormed> => createWellFormed(contextOf(), new BlockIndex());

  test.each([
    ["P1", block(2, 0, { parents: refs(b1, a1, c1) }), "P1"],
    ["P2", block(1, 0, { parents: refs(a1, b1, c1) }), "P2"],
    ["P3", block(2, 0, { parents: refs(a1, b1, c1, block(1, 1, { timestampMs: 7 })) }), "P3"],
    ["P4", block(2, 0, { parents: refs(a1, b1) }), "P4"],
  ])("a block that breaks %s breaks it", (_, bad, rule) => {
    expect(judge(wellFormed(), [...accepted(3, ...first), ...accepted(3, bad)])?.detail).toContain(rule);
  });

  test("a reference that lies about the round breaks it", () => {
    const lying = [a1.ref, b1.ref, { ...c1.ref, round: second[0]?.ref.round ?? c1.ref.round }];
    const bad = block(3, 0, {
      parents: [...refs(...second.slice(0, 2)), ...lying.slice(2), ...refs(...second.slice(3))],
    });
    const said = [...accepted(3, ...first), ...accepted(3, ...second), ...accepted(3, bad)];
    expect(judge(wellFormed(), said)?.detail).toContain("calls block");
  });

  test("sound blocks do not", () => {
    const checker = wellFormed();
    expect(judge(checker, [...accepted(0, ...first, ...second), ...accepted(1, ...first)])).toBeUndefined();
    expect(checker.exercised()).toBe(8);
  });
});

describe("causal completeness", () => {
  const causal = (): ReturnType<typeof createCausalCompleteness> => createCausalCompleteness(SIZE, new BlockIndex());

  test("a block accepted before a parent breaks it, though others have the parent", () => {
    const said = [...accepted(0, ...first), ...accepted(1, a1, b1, c1), ...accepted(1, ...second.slice(0, 1))];
    expect(judge(causal(), said)).toMatchObject({ checker: "causal-completeness", node: 1 });
  });

  test("parents first do not, across restarts too", () => {
    expect(judge(causal(), [...accepted(0, ...first), { restart: 0 }, ...accepted(0, ...second)])).toBeUndefined();
  });
});

describe("equivocation reported", () => {
  const twin = block(1, 3, { timestampMs: 5 });
  const report: Said = { type: "reported", node: 0, fault: "equivocation", about: 3, detail: "" };
  const equivocation = (): EquivocationReportedChecker =>
    new EquivocationReportedChecker(contextOf({ corrupted: [3] }), new BlockIndex());

  test("twins met with silence break it", () => {
    expect(judge(equivocation(), accepted(0, d1, twin))?.detail).toContain("reports nothing");
  });

  test("twins that were reported, or of which one node has one each, do not", () => {
    const checker = equivocation();
    expect(judge(checker, [...accepted(0, d1), report, ...accepted(0, twin), ...accepted(1, d1)])).toBeUndefined();
    expect(checker.exercised()).toBe(1);
    expect(judge(equivocation(), [...accepted(0, d1), ...accepted(1, twin)])).toBeUndefined();
    expect(judge(equivocation(), [...accepted(0, d1), { restart: 0 }, ...accepted(0, twin)])).toBeUndefined();
  });
});

describe("sub-dag", () => {
  const leader = second[0] as typeof a1;
  // Commit 1 of four: authors in the order 1, 2, 3, 0.
  const inOrder = [b1, c1, d1, a1, leader];
  /** Its index knows the blocks, as other checkers of a run see to. */
  const subDag = (options: ContextOptions = {}): SubDagChecker => {
    const index = new BlockIndex();
    for (const known of [...first, ...second]) index.of(known);
    return new SubDagChecker(contextOf(options), index);
  };

  test("the leader's history in the agreed order is sound", () => {
    const checker = subDag();
    expect(judge(checker, [...accepted(0, ...first, ...second), committedBlocks(0, 1, inOrder)])).toBeUndefined();
    expect(checker.exercised()).toBe(1);
  });

  test.each([
    ["another order", [a1, b1, c1, d1, leader], "stands before"],
    ["a block left out", [b1, c1, a1, leader], "is left out"],
    [
      "a block from beside the history",
      [b1, c1, d1, a1, second[1] as typeof a1, leader],
      "not in the leader's history",
    ],
  ])("%s breaks it", (_, blocks, detail) => {
    const said = [...accepted(0, ...first, ...second), committedBlocks(0, 1, blocks)];
    expect(judge(subDag(), said)?.detail).toContain(detail);
  });

  test("a block that comes out twice breaks it", () => {
    const next = committedBlocks(0, 2, [a1, second[1] as typeof a1]);
    expect(judge(subDag(), [committedBlocks(0, 1, inOrder), next])?.detail).toContain("output twice");
  });

  test("a block of a collected round breaks it, and leaving it out does not", () => {
    // With a depth of one round, commit 1 by a leader of round 2 collects round 1.
    const late = block(1, 3);
    const early = roundOver([a1, b1, c1], [0, 1, 2]);
    const top = block(3, 1, {
      parents: [...refs(early[1] as typeof a1, early[0] as typeof a1, early[2] as typeof a1), late.ref],
    });
    const firstCommit = committedBlocks(0, 1, [b1, c1, a1, early[0] as typeof a1]);
    const rest = [early[2], early[1], top] as (typeof a1)[];
    const options = { gcDepth: 1 };
    expect(judge(subDag(options), [firstCommit, committedBlocks(0, 2, [late, ...rest])])?.detail).toContain(
      "collected",
    );
    expect(judge(subDag(options), [...accepted(0, late), firstCommit, committedBlocks(0, 2, rest)])).toBeUndefined();
  });

  test("a time that goes back, or that no honest host told, breaks it", () => {
    const at = (index: number, timestampMs: number): Said => ({
      ...committedBlocks(0, index, index === 1 ? inOrder : [second[1] as typeof a1]),
      timestampMs,
    });
    expect(judge(subDag(), [at(1, 1000), at(2, 1000)])).toBeUndefined();
    expect(judge(subDag(), [at(1, 1000), at(2, 999)])?.detail).toContain("goes back");
    expect(judge(subDag(), [at(1, 1001)])?.detail).toContain("none that honest hosts told");
    expect(judge(subDag({ corrupted: [3] }), [at(1, 999)])?.detail).toContain("none that honest hosts told");
  });
});

describe("validity", () => {
  const validity = (options: ContextOptions = {}): ValidityChecker =>
    new ValidityChecker({ context: contextOf(options), index: new BlockIndex(), isRequired: true });
  const token = text("a token of a workload");
  const mine = block(1, 0, { transactions: [token] });
  const again = block(2, 0, { parents: refs(mine, b1, c1), transactions: [text("a token of a workload")] });

  test("a transaction that nobody submitted breaks it", () => {
    const said = [signed(mine), committedBlocks(0, 1, [mine])];
    expect(judge(validity({ submitted: () => false }), said)?.detail).toContain("nobody submitted");
    expect(judge(validity(), said)).toBeUndefined();
  });

  test("a transaction that a corrupted author made up is its own affair; in a protocol without a DAG none may be", () => {
    const said = [signed(mine), committedBlocks(0, 1, [mine])];
    expect(judge(validity({ submitted: () => false, corrupted: [0] }), said)).toBeUndefined();
    const checker = validity({ submitted: () => false });
    expect(judge(checker, [{ ...committedBlocks(0, 1, [mine]), blocks: [] }])?.detail).toContain("nobody submitted");
  });

  test("a block that its honest author never signed breaks it; one of a corrupted author does not", () => {
    const said = [committedBlocks(0, 1, [mine])];
    expect(judge(validity(), said)?.detail).toContain("not its author's");
    expect(judge(validity({ corrupted: [0] }), said)).toBeUndefined();
  });

  test("a transaction of an honest gateway that comes out twice breaks it", () => {
    const said = [signed(mine), signed(again), committedBlocks(0, 1, [mine]), committedBlocks(0, 2, [again])];
    expect(judge(validity(), said)?.detail).toContain("comes out twice");
    expect(judge(validity({ corrupted: [0] }), said)).toBeUndefined();
  });

  test("a block made durable by a life that ended before it left counts as signed", () => {
    expect(judge(validity(), [signed(again), committedBlocks(0, 1, [mine])])?.detail).toBeDefined();
    expect(judge(validity(), [...[mine].map((entry) => signed(entry)), committedBlocks(0, 1, [mine])])).toBeUndefined();
  });
});

describe("pace", () => {
  const pace = (): PaceChecker =>
    new PaceChecker({ context: contextOf(), index: new BlockIndex(), leastDelayUs: 5000 });
  const at = (said: Said, atMs: number): Said => ({ ...said, atMs });
  const third = roundOver(second, ALL);
  const [a2, a3] = [second[0], third[0]] as [typeof a1, typeof a1];
  const fourth = roundOver(third, ALL)[0] as typeof a1;

  test("a block sooner than the least delay breaks it, unless a quorum is ahead or the node restarted", () => {
    const soon = [at(signed(a1), 1), at(signed(a2), 5)];
    expect(judge(pace(), soon)?.detail).toContain("only 4 ms");
    expect(judge(pace(), [at(signed(a1), 1), at(signed(a2), 6)])).toBeUndefined();
    expect(judge(pace(), [...accepted(0, ...second.slice(1)), ...soon])).toBeUndefined();
    expect(judge(pace(), [at(signed(a1), 1), { restart: 0 }, at(signed(a2), 5)])).toBeUndefined();
  });

  test("a round left out breaks it while no quorum has voted on its slot", () => {
    const jump = [at(signed(a2), 1), at(signed(fourth), 9)];
    expect(judge(pace(), [...accepted(0, ...third.slice(1)), ...jump])?.detail).toContain("leaves out round 3");
    const ahead = roundOver(third, ALL);
    expect(judge(pace(), [...accepted(0, ...ahead.slice(1)), ...jump])).toBeUndefined();
    expect(judge(pace(), [at(signed(a2), 1), at(signed(a3), 9)])).toBeUndefined();
  });
});
