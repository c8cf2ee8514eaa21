// The drawings that the other tests rest on.

import { describe, expect, it } from "vitest";
import { authorsOf, drawDag } from "../../src/testing/dag-dsl.ts";

function drawn(text: string): readonly string[] {
  return drawDag(text, 4).blocks.map(({ id, ancestors }) => `${id}: ${ancestors.join(" ")}`);
}

describe("a drawn DAG", () => {
  it("refers to the whole round before, the own block first", () => {
    expect(drawn("1: A B C\n2: B")).toEqual(["A1: g0 g1 g2 g3", "B1: g1 g0 g2 g3", "C1: g2 g0 g1 g3", "B2: B1 A1 C1"]);
  });

  it("or to what stands in parentheses, the own block added", () => {
    expect(drawn("1: A B C D # first\n\n2: A(BC) D(ADB)").slice(4)).toEqual(["A2: A1 B1 C1", "D2: D1 A1 B1"]);
  });

  it("has twins by primes and weak links by round", () => {
    const text = `
      1: A B C D'
      2: A(ABCD') B(ABC)
      4: B(A2 D1' C1) C(A2)`;
    expect(drawn(text).slice(3)).toEqual([
      "D1': g3 g0 g1 g2",
      "A2: A1 B1 C1 D1'",
      "B2: B1 A1 C1",
      "B4: B2 A2 D1' C1",
      "C4: C1 A2",
    ]);
  });

  it("repeats a row, and knows its rounds", () => {
    const drawing = drawDag("1-3: A B C D", 4);
    expect(drawing.blocks).toHaveLength(12);
    expect(drawing.upTo(1)).toEqual(["A1", "B1", "C1", "D1"]);
  });

  it("asserts on members that are none and parents that are not drawn", () => {
    expect(() => drawDag("1: E", 4)).toThrow("member");
    expect(() => drawDag("1: A\n2: A(AB)", 4)).toThrow("drawn above");
    expect(() => drawDag("one: A", 4)).toThrow("is a row");
    expect(authorsOf("AB C")).toEqual([0, 1, 2]);
  });
});
