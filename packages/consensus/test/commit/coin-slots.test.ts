// C slots: when they are open, what decides them, when they are void (S4 i, S5, §9).

import { describe, expect, it } from "vitest";
import { anchorRule } from "../../src/commit/committer.ts";
import { decide, slotsOf } from "../support/scenario.ts";

/** D is silent and leads P1 … P5, so that the window of C0 (r = 8, voting 12, decision 13) has no commit. */
const SILENT = { dag: "1-13: A B C", leaders: "DDDDDAAAAAAAAAAAA" };

describe("S4 (i) an unopened coin", () => {
  it("leaves the slot undecided, though the DAG would decide it", () => {
    expect(decide({ ...SILENT, invalidShares: ["A13", "B13"] }).verdicts["C0"]).toBe("undecided");
    expect(decide({ ...SILENT, invalidShares: ["B13"] }).verdicts["C0"]).toBe("commit A8");
  });

  it("opens with shares of more than F stake, in blocks of the decision round only", () => {
    const dag = `
      1-11: A B C
      12: A(ABC) B(AB C) C(ABC)
      13: A B C`;
    const drawn = { ...SILENT, dag, coins: "D" };
    expect(decide(drawn, "A13").verdicts["C0"]).toBe("undecided");
    expect(decide(drawn, "A13 B13").verdicts["C0"]).toBe("skip");
  });
});

describe("S4 direct decisions of C slots", () => {
  it("votes are read from the whole history, certificates from parents", () => {
    expect(decide(SILENT).verdicts).toMatchObject({ P5: "skip", C0: "commit A8" });
    expect(decide(SILENT, "A13 B13").verdicts["C0"]).toBe("undecided");
  });

  it("a leader that the coin names and that made no block is skipped", () => {
    expect(decide({ ...SILENT, coins: "D" }).verdicts["C0"]).toBe("skip");
  });

  it("a leader whose twins everybody has seen is skipped, not left open", () => {
    const dag = `
      1-7: A B C D
      8: A B C D D'
      9: A(ABCD) B(ABCD') C(ABCD) D(ABCD)
      10-13: A B C D`;
    expect(decide({ dag, leaders: "A", coins: "D" }).verdicts["C0"]).toBe("skip");
  });
});

describe("S3 and S4 (iv) for C slots", () => {
  it("C0 is decided by C1, whatever P slots between them say", () => {
    // Row 12 gives A8 three votes and a blame, row 13 one certificate.
    const dag = `
      1-8: A B C D
      9-11: A B C D(BCD)
      12: A B C D(BCD)
      13: A(ABC) B(ABD) C(ACD) D(BCD)
      14-21: A B C D`;
    const hidden = dag.replaceAll(
      "9-11: A B C D(BCD)",
      "9: A(ABC) B(BCD) C(BCD) D(BCD)\n10-11: A(ABC) B(BCD) C(BCD) D(BCD)",
    );
    const drawn = {
      dag: hidden.replace("12: A B C D(BCD)", "12: A(ABC) B(ABC) C(ABC) D(BCD)"),
      leaders: "BBBBB",
      coins: "AB",
    };
    expect(decide(drawn, "A20 B20 C20 D20").verdicts).toMatchObject({ C0: "undecided", P9: "commit B9" });
    expect(decide(drawn).verdicts).toMatchObject({ C0: "commit A8", C1: "commit B16" });
  });
});

describe("S4 (iv) along a chain of C slots", () => {
  // Waves of three rounds: C0 is of round 1, C1 of 4, C2 of 7. C0 = A1 has three votes, one blame, one certificate (A3).
  const params = { firstCoinRound: 1, coinPeriod: 3, coinWave: 3 };
  const oneCertificate = `
    1: A B C D
    2: A B C D(BCD)
    3: A(ABC) B(ABD) C(ACD) D(BCD)`;

  it("passes a C slot that is skipped directly", () => {
    const dag = `${oneCertificate}
      4: A(ABCD) B(ABCD) C(ABCD)
      5-9: A B C`;
    const drawn = { dag, leaders: "A", coins: "ADA", params };
    expect(decide(drawn).verdicts).toMatchObject({ C0: "commit A1", C1: "skip", C2: "commit A7" });
    expect(decide(drawn, "A8 B8 C8").verdicts).toMatchObject({ C0: "undecided", C1: "skip", C2: "undecided" });
  });

  it("passes one that is skipped through the anchor above it, and stops at one that is committed through it", () => {
    const votes = `${oneCertificate}
      4: A B C D
      5: A B C D(BCD)`;
    const skipped = `${votes}
      6: A(ABD) B(ABD) C(ACD) D(BCD)
      7-9: A B C D`;
    const drawn = { leaders: "A", coins: "AAA", params };
    expect(decide({ ...drawn, dag: skipped }).verdicts).toMatchObject({ C0: "commit A1", C1: "skip", C2: "commit A7" });
    const committed = skipped.replace("6: A(ABD)", "6: A(ABC)");
    expect(decide({ ...drawn, dag: committed }).verdicts).toMatchObject({ C0: "commit A1", C1: "commit A4" });
  });
});

describe("S4 (iv) along a chain of C slots, asked for the lowest first", () => {
  const params = { firstCoinRound: 1, coinPeriod: 3, coinWave: 3 };
  const onlyCoins = { families: "c-only" as const, anchorRule };

  it("an indirect skip in the middle is passed", () => {
    const dag = `
      1: A B C D
      2: A B C D(BCD)
      3: A(ABC) B(ABD) C(ACD) D(BCD)
      4: A B C D
      5: A B C D(BCD)
      6: A(ABD) B(ABD) C(ACD) D(BCD)
      7-9: A B C D`;
    const result = decide({ dag, leaders: "A", coins: "AAA", params }, undefined, onlyCoins);
    expect(slotsOf(result)).toEqual(["C0=A1", "C2=A7"]);
  });

  it("a direct skip in the middle is passed, and an undecided one above it is decided on the way", () => {
    const dag = `
      1: A B C D
      2: A B C D(BCD)
      3: A(ABC) B(ABD) C(ACD) D(BCD)
      4: A(ABCD) B(ABCD) C(ABCD)
      5: A B C
      6: A B C
      7: A B C D(ABC)
      8: A B C D(BCD)
      9: A(ABC) B(ABD) C(ACD) D(BCD)
      10-12: A B C D`;
    const result = decide({ dag, leaders: "A", coins: "ADAA", params }, undefined, onlyCoins);
    expect(slotsOf(result)).toEqual(["C0=A1", "C2=A7", "C3=A10"]);
  });
});

describe("S5 windows", () => {
  it("a window without a commit waits for its C slot and emits it", () => {
    expect(decide(SILENT, "A12 B12 C12")).toMatchObject({ commits: [], next: "C0" });
    const { commits, next } = decide(SILENT);
    expect(commits[0]).toMatchObject({ index: 1, slot: "C0", leader: "A8" });
    expect(commits[0]?.blocks.at(-1)).toBe("A8");
    expect(next).toBe("P12");
  });

  it("§9: the output may stop at a C slot of a round not yet in view", () => {
    const result = decide(SILENT, "A6 B6 C6");
    expect(result.next).toBe("C0");
    expect(Object.keys(result.verdicts)).toEqual(["P1", "P2", "P3", "P4", "P5", "P6"]);
  });

  it("a window with a commit voids its C slot, decided or not", () => {
    const { verdicts, commits } = decide({ dag: "1-9: A B C D", leaders: "ABCD" });
    expect(verdicts).toMatchObject({ C0: "undecided", P7: "commit C7" });
    expect(commits.map(({ slot }) => slot)).toEqual(["P1", "P2", "P3", "P4", "P5", "P6", "P7"]);
  });

  it("§9: a void C slot still anchors, can decide P5, and so void itself", () => {
    const dag = `
      1-4: A B C
      5: A B C D(ABC)
      6: A B C D(BCD)
      7: A(ABC) B(ABD) C(ACD) D(BCD)
      8-13: A B C D`;
    const drawn = { dag, leaders: "DDDDAAAAAAAAAAAA" };
    // P8 is committed long before, but C0 is asked first.
    expect(decide(drawn, "A12 B12 C12 D12")).toMatchObject({
      verdicts: { P5: "undecided", P8: "commit A8" },
      next: "P5",
    });
    const result = decide(drawn);
    expect(result.verdicts).toMatchObject({ P5: "commit A5", C0: "commit A8" });
    expect(slotsOf(result).slice(0, 2)).toEqual(["P5=A5", "P6=A6"]);
    expect(slotsOf(result)).not.toContain("C0=A8");
  });

  it("§9: a commit that emits nothing still voids its window's C slot: P6 … P8, output by C0, void C1", () => {
    const drawn = { dag: "1-16: A B C", leaders: "DDDDDAAADDDDDAAAAAAAA" };
    const result = decide(drawn);
    expect(slotsOf(result)).toEqual(["C0=A8", "P14=A14"]);
    expect(result.verdicts).toMatchObject({ P6: "commit A6", P9: "skip", P13: "skip", C1: "undecided" });
  });

  it("an empty first window is not void: C0 comes first", () => {
    const drawn = { dag: "1-8: A B C D", leaders: "A", params: { firstCoinRound: 3 } };
    expect(decide(drawn, "A6 B6 C6 D6")).toMatchObject({ commits: [], next: "C0" });
    expect(slotsOf(decide(drawn)).slice(0, 2)).toEqual(["C0=A3", "P4=A4"]);
  });

  it("one family alone: p-only has no C slot to wait for, c-only outputs C slots alone", () => {
    const rule = { anchorRule: () => "stop" as const };
    expect(slotsOf(decide(SILENT, undefined, { ...rule, families: "p-only" }))[0]).toBe("P6=A6");
    expect(slotsOf(decide(SILENT, undefined, { ...rule, families: "c-only" }))).toEqual(["C0=A8"]);
    expect(decide(SILENT, undefined, { ...rule, families: "c-only" }).next).toBe("C1");
  });
});
