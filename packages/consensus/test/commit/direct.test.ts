// S4 (ii) and (iii): what votes, blames and certificates decide by themselves.

import { describe, expect, it } from "vitest";
import { nameOf } from "../../src/testing/dag-dsl.ts";
import { decide } from "../support/scenario.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXY";
const SIZES = [4, 7, 10, 25];

function everyLeader(): readonly { readonly size: number; readonly leader: number }[] {
  return SIZES.flatMap((size) => Array.from({ length: size }, (_, leader) => ({ size, leader })));
}

describe("S4 (iii) direct commit", () => {
  it.each(everyLeader())("Q certificates commit the leader (n = $size, leader $leader)", ({ size, leader }) => {
    const authors = LETTERS.slice(0, size);
    const drawn = {
      dag: `1-3: ${authors.split("").join(" ")}`,
      leaders: LETTERS.charAt(leader),
      stakes: Array.from({ length: size }, () => 1),
    };
    expect(decide(drawn).verdicts).toEqual({ P1: `commit ${nameOf(leader, 1)}`, P2: "undecided", P3: "undecided" });
    const quorum = size - Math.floor((size - 1) / 3);
    const tips = authors.split("").map((letter) => `${letter}3`);
    expect(decide(drawn, tips.slice(0, quorum).join(" ")).verdicts["P1"]).toBe(`commit ${nameOf(leader, 1)}`);
    expect(decide(drawn, tips.slice(0, quorum - 1).join(" ")).verdicts["P1"]).toBe("undecided");
  });

  it("a certificate needs Q votes among its parents, not among its ancestors", () => {
    const drawn = {
      dag: `
        1: A B C D
        2: A(ABC) B(ABC) C(ABC) D(BCD)
        3: A(ABD) B(ABD) C(ACD) D(BCD)`,
      leaders: "A",
    };
    expect(decide(drawn).verdicts["P1"]).toBe("undecided");
  });

  it("counts stake, not heads", () => {
    const drawn = { dag: "1-3: A B C D", leaders: "A", stakes: [1, 1, 1, 7] };
    expect(decide(drawn, "A3 B3 C3").verdicts["P1"]).toBe("undecided");
    expect(decide(drawn, "D3").verdicts["P1"]).toBe("commit A1");
  });

  it("certificates of twins count once", () => {
    const dag = `
      1-2: A B C D
      3: A B C D D' D''`;
    expect(decide({ dag, leaders: "A" }, "A3 D3 D3' D3''").verdicts["P1"]).toBe("undecided");
    expect(decide({ dag, leaders: "A" }, "A3 B3 D3' D3''").verdicts["P1"]).toBe("commit A1");
  });
});

describe("S4 (ii) direct skip", () => {
  it.each(everyLeader())("Q blames skip a silent leader (n = $size, leader $leader)", ({ size, leader }) => {
    const others = LETTERS.slice(0, size)
      .split("")
      .filter((_, author) => author !== leader);
    const drawn = {
      dag: `1-2: ${others.join(" ")}`,
      leaders: LETTERS.charAt(leader),
      stakes: Array.from({ length: size }, () => 1),
    };
    expect(decide(drawn).verdicts).toEqual({ P1: "skip", P2: "undecided" });
    const quorum = size - Math.floor((size - 1) / 3);
    const tips = others.map((letter) => `${letter}2`);
    expect(decide(drawn, tips.slice(0, quorum - 1).join(" ")).verdicts["P1"]).toBe("undecided");
  });

  it("§9: blame is per slot, not per twin: votes split over twins are no blames", () => {
    const drawn = {
      dag: `
        1: A A' B C D
        2: A(ABC) B(A'BC) C(A'CD) D(BCD)`,
      leaders: "A",
    };
    expect(decide(drawn).verdicts["P1"]).toBe("undecided");
  });

  it("an author with a vote and a blame stands on both sides", () => {
    const dag = `
      1: A B C D
      2: A(ABC) B(BCD) C(BCD) D(ACD) D'(BCD)
      3: A(ABC) B(BCD) C(BCD) D(BCD)`;
    expect(decide({ dag, leaders: "A" }, "B2 C2 D2").verdicts["P1"]).toBe("undecided");
    expect(decide({ dag, leaders: "A" }, "B2 C2 D2'").verdicts["P1"]).toBe("skip");
    expect(decide({ dag, leaders: "A" }, "B2 C2 D2 D2'").verdicts["P1"]).toBe("skip");
  });

  it("a weak link to the leader is no vote", () => {
    const dag = `
      1: A B C D
      2: B(BCD) C(BCD) D(BCD)
      3: B(BCDA1) C(BCDA1) D(BCDA1)`;
    expect(decide({ dag, leaders: "A" }).verdicts["P1"]).toBe("skip");
  });
});
