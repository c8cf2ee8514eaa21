// Agreement, total order, lineage, no double signing: each fires on a hand-made bad stream and is silent on its good
// sibling, which differs in the broken point alone.

import type { UpdateDigest } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { createAgreement } from "../../src/checker/agreement.ts";
import { BlockIndex } from "../../src/checker/block-index.ts";
import { LineageChecker } from "../../src/checker/lineage.ts";
import { NoDoubleSignChecker } from "../../src/checker/no-double-sign.ts";
import { createTotalOrder } from "../../src/checker/total-order.ts";
import {
  SIZE,
  accepted,
  block,
  chain,
  committed,
  contextOf,
  digest,
  executed,
  judge,
  signed,
  text,
} from "./checker-bench.ts";

describe("agreement", () => {
  test("two digests for one index break it", () => {
    const checker = createAgreement();
    const said = [committed(0, 1), committed(1, 1, { digest: digest("other") })];
    expect(judge(checker, said)).toMatchObject({ checker: "agreement", kind: "safety", node: 1 });
  });

  test("other content under one digest breaks it", () => {
    const said = [committed(0, 1, { transactions: [text("a")] }), committed(1, 1)];
    expect(judge(createAgreement(), said)?.detail).toContain("other content");
  });

  test("equal commits at different times do not", () => {
    const checker = createAgreement();
    expect(judge(checker, [committed(0, 1), committed(0, 2), committed(1, 1), committed(2, 1)])).toBeUndefined();
    expect(checker.exercised()).toBe(2);
  });
});

describe("total order", () => {
  const order = (): ReturnType<typeof createTotalOrder> => createTotalOrder(SIZE);

  test("a gap breaks it", () => {
    expect(judge(order(), [committed(0, 1), committed(0, 3)])?.detail).toContain("gap");
  });

  test("going back without a restart breaks it", () => {
    expect(judge(order(), [committed(0, 1), committed(0, 2), committed(0, 1)])?.detail).toContain("back");
  });

  test("a parent that is not the commit before breaks it", () => {
    const said = [committed(0, 1), committed(0, 2, { parentDigest: digest("elsewhere") })];
    expect(judge(order(), said)?.detail).toContain("follows");
  });

  test("another commit after a restart breaks it", () => {
    const said = [committed(0, 1), committed(0, 2), { restart: 0 }, committed(0, 2, { digest: digest("changed") })];
    expect(judge(order(), said)?.detail).toContain("after a restart");
  });

  test("going back twice after one restart breaks it", () => {
    const said = [committed(0, 1), committed(0, 2), { restart: 0 }, committed(0, 1), committed(0, 2), committed(0, 1)];
    expect(judge(order(), said)?.detail).toContain("back");
  });

  test("a restart may repeat commits, or go on after them", () => {
    const said = [committed(0, 1), committed(0, 2), { restart: 0 }, committed(0, 1), committed(0, 2), committed(0, 3)];
    expect(judge(order(), said)).toBeUndefined();
    expect(judge(order(), [committed(0, 1), { restart: 0 }, committed(0, 2)])).toBeUndefined();
  });

  test("a restart may leave out what was stored and not announced, if the others' commits lead up there", () => {
    const ahead = [committed(0, 1), { restart: 0 }, committed(0, 4)];
    expect(judge(order(), [...ahead, committed(0, 5), ...[1, 2, 3].map((at) => committed(1, at))])).toBeUndefined();
    const elsewhere = committed(1, 3, { digest: digest("elsewhere") });
    expect(judge(order(), [...ahead, committed(1, 1), committed(1, 2), elsewhere])?.detail).toContain("went on after");
    expect(judge(order(), [...ahead, committed(0, 6)])?.detail).toContain("gap");
  });
});

describe("lineage", () => {
  const lineage = (): LineageChecker => new LineageChecker(SIZE, true);
  const version = (number: number, name = `v${number}`): { model: string; version: number; digest: string } => ({
    model: "m",
    version: number,
    digest: digest(name),
  });

  test("two state roots for one index break it", () => {
    const said = [executed(0, 1), executed(1, 1, { stateRoot: digest("other") })];
    expect(judge(lineage(), said)).toMatchObject({ checker: "lineage", kind: "safety" });
  });

  test("other certified updates break it", () => {
    const update = chainUpdate();
    const said = [executed(0, 1, { certified: [update] }), executed(1, 1)];
    expect(judge(lineage(), said)?.detail).toContain("certifies other");
  });

  test("a version left out breaks it", () => {
    const said = [executed(0, 1, { versions: [version(1)] }), executed(0, 2, { versions: [version(3)] })];
    expect(judge(lineage(), said)?.detail).toContain("after version 1");
  });

  test("two records for one version break it", () => {
    const said = [executed(0, 1, { versions: [version(1)] }), executed(1, 1, { versions: [version(1, "forged")] })];
    expect(judge(lineage(), said)?.detail).toContain("version 1 of m");
  });

  test("a commit left out after a restart breaks it", () => {
    const said = [executed(0, 1), { restart: 0 }, executed(0, 3)];
    expect(judge(lineage(), said)?.detail).toContain("out of turn (ahead)");
  });

  test("one chain everywhere, told again after a restart, does not", () => {
    const checker = lineage();
    const first = { versions: [version(1)] };
    const second = { versions: [version(2)] };
    const said = [executed(0, 1, first), executed(0, 2, second), { restart: 0 }, executed(0, 1, first)];
    expect(judge(checker, [...said, executed(0, 2, second), executed(1, 1, first)])).toBeUndefined();
    expect(checker.exercised()).toBeGreaterThan(0);
  });
});

describe("no double signing", () => {
  const checker = (corrupted: readonly number[] = []): NoDoubleSignChecker =>
    new NoDoubleSignChecker(contextOf({ corrupted }), new BlockIndex());
  const one = block(1, 2);
  const other = block(1, 2, { transactions: [text("twin")] });

  test("two blocks signed for a round break it, also over a restart", () => {
    expect(judge(checker(), [signed(one), { restart: 2 }, signed(other)])?.detail).toContain("signs round 1 twice");
  });

  test("a round signed below the highest breaks it", () => {
    const high = block(5, 2);
    expect(judge(checker(), [signed(high), signed(one)])?.detail).toContain("after round 5");
  });

  test("two accepted blocks in an honest name break it, whatever their author said", () => {
    expect(judge(checker(), [...accepted(0, one), ...accepted(1, other)])?.detail).toContain("honest node 2");
  });

  test("the same block told again, and twins of a corrupted author, do not", () => {
    expect(judge(checker(), [signed(one), { restart: 2 }, signed(one), signed(block(2, 2))])).toBeUndefined();
    expect(judge(checker([2]), [...accepted(0, one), ...accepted(1, other)])).toBeUndefined();
  });
});

function chainUpdate(): { update: UpdateDigest; key: string } {
  return { update: chain.update(0, 1).digest, key: "k" };
}
