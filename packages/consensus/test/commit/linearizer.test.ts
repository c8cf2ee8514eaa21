// S5 and S6 by themselves: verdicts are given, the output is what matters.

import { type Slot, mustExist, slotName } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { UNDECIDED, type Verdict } from "../../src/commit/committer.ts";
import { Linearizer, type SubDag } from "../../src/commit/linearizer.ts";
import { OutputSet } from "../../src/commit/output-set.ts";
import { SlotOrder } from "../../src/commit/slot-order.ts";
import { DagState } from "../../src/dag/dag-state.ts";
import { drawDag } from "../../src/testing/dag-dsl.ts";

interface Given {
  readonly dag: string;
  /** "P1=A1 C0=skip …"; slots that are not named are undecided. */
  readonly verdicts: string;
  readonly gcDepth?: number;
}

interface Outcome {
  readonly commits: readonly string[];
  readonly next: string;
  readonly gcRound: number;
  readonly heads: readonly string[];
}

const PARAMS = { coinPeriod: 8, coinWave: 6, firstCoinRound: 8 };

function linearize({ dag: text, verdicts, gcDepth = 60 }: Given): Outcome {
  const dag = new DagState({ genesisIds: ["g0", "g1", "g2", "g3"] });
  for (const { id, round, author, ancestors } of drawDag(text, 4).blocks) {
    dag.insert({ id, round, author, parentIds: ancestors, block: null });
  }
  const given = new Map(verdicts.split(" ").map((pair) => [pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]));
  const verdictOf = (slot: Slot): Verdict => {
    const word = given.get(slotName(slot));
    if (word === undefined) return UNDECIDED;
    if (word === "skip") return { type: "skip", isDirect: true };
    return { type: "commit", leader: mustExist(dag.get(word), `${word} is drawn`), isDirect: true };
  };
  const output = new OutputSet();
  const order = new SlotOrder(PARAMS, "both");
  const linearizer = new Linearizer({ committeeSize: 4, order, gcDepth, output, resume: null });
  const commits: string[] = [];
  for (let sub = linearizer.next(verdictOf); sub !== undefined; sub = linearizer.next(verdictOf))
    commits.push(shown(sub));
  const { cursor, gcRound } = linearizer.state;
  return { commits, next: slotName(cursor), gcRound, heads: output.heads.map(({ id }) => id) };
}

function shown({ index, slot, vertices }: SubDag): string {
  return `${index} ${slotName(slot)}: ${vertices.map(({ id }) => id).join(" ")}`;
}

const FULL = "1-20: A B C D";

describe("S5 output", () => {
  it("stops at the first undecided slot and passes skipped ones", () => {
    expect(linearize({ dag: FULL, verdicts: "P1=skip P2=A2 P4=A4" })).toMatchObject({
      commits: ["1 P2: B1 C1 D1 A1 A2"],
      next: "P3",
    });
  });

  it("an undecided C slot stops it only in a window without a commit", () => {
    const skips = "P1=skip P2=skip P3=skip P4=skip";
    expect(linearize({ dag: FULL, verdicts: `${skips} P5=skip P6=A6` })).toMatchObject({ commits: [], next: "C0" });
    expect(linearize({ dag: FULL, verdicts: `${skips} P5=A5` })).toMatchObject({ next: "P6" });
    expect(linearize({ dag: FULL, verdicts: `${skips} P5=skip C0=skip` })).toMatchObject({ next: "P6" });
  });

  it("a void C slot is passed even if it is committed", () => {
    const result = linearize({ dag: FULL, verdicts: "P1=A1 P2=skip P3=skip P4=skip P5=skip C0=A8" });
    expect(result).toMatchObject({ commits: ["1 P1: A1"], next: "P6" });
  });

  it("after a C slot a new window begins, void or not", () => {
    const first = "P1=A1 P2=skip P3=skip P4=skip P5=skip";
    const second = "P6=skip P7=skip P8=skip P9=skip P10=skip P11=skip P12=skip P13=skip";
    expect(linearize({ dag: FULL, verdicts: `${first} ${second} P14=A14` })).toMatchObject({ next: "C1" });
    const emitted = "P1=skip P2=skip P3=skip P4=skip P5=skip C0=A8";
    expect(linearize({ dag: FULL, verdicts: `${emitted} ${second}` })).toMatchObject({ next: "C1" });
  });
});

describe("S6 emit", () => {
  it("orders by round, then by author starting from another one in each commit", () => {
    const result = linearize({ dag: "1-5: A B C D", verdicts: "P1=skip P2=A2 P3=A3 P4=A4 P5=A5" });
    expect(result.commits).toEqual([
      "1 P2: B1 C1 D1 A1 A2",
      "2 P3: C2 D2 B2 A3",
      "3 P4: D3 B3 C3 A4",
      "4 P5: B4 C4 D4 A5",
    ]);
  });

  it("then by id, for twins in one commit", () => {
    const dag = `
      1: A B C D D'
      2: A(ABCD) B(ABCD') C
      3: A`;
    expect(linearize({ dag, verdicts: "P1=skip P2=skip P3=A3" }).commits).toEqual([
      "1 P3: B1 C1 D1 D1' A1 B2 C2 A2 A3",
    ]);
  });

  it("emits nothing for a leader that was output, and the index is not used up", () => {
    const result = linearize({ dag: "1-4: A B C D", verdicts: "P1=skip P2=skip P3=A3 P4=B2 P5=A4" });
    expect(result.commits.map((commit) => commit.slice(0, 4))).toEqual(["1 P3", "2 P5"]);
  });

  it("§9: the twin of an output block can be a commit of its own", () => {
    const dag = `
      1: A B C D D'
      2: A(ABCD) B(ABCD) C(ABCD)
      3: A(ABC)`;
    expect(linearize({ dag, verdicts: "P1=skip P2=A2 P3=D1'" }).commits).toEqual(["1 P2: B1 C1 D1 A1 A2", "2 P3: D1'"]);
  });

  it("does not output blocks of rounds up to gcRound as it stood before", () => {
    const dag = `
      1: A B C D
      2-7: A B C
      8: A(ABCD1)`;
    expect(linearize({ dag, verdicts: "P1=A1 P2=A6", gcDepth: 4 })).toMatchObject({ gcRound: 2 });
    const late = linearize({ dag, verdicts: "P1=A1 P2=A6 P3=A8", gcDepth: 4 });
    expect(late.commits[1]).toContain("D1");
    const cut = `
      1: A B C D(ABC)
      2: A(ABC) B(ABC) C(ABC)
      3-7: A B C
      8: A(ABCD1)`;
    const result = linearize({ dag: cut, verdicts: "P1=A1 P2=A6 P3=A8", gcDepth: 4 });
    expect(result.commits.join(" ")).not.toContain("D1");
  });

  it("gcRound never goes back, though a later commit can be of a lower round", () => {
    const dag = `
      1-8: A B C D D'
      9: A`;
    const skips = "P1=skip P2=skip P3=skip P4=skip P5=skip";
    expect(linearize({ dag, verdicts: `${skips} C0=A8 P6=D6'`, gcDepth: 3 })).toMatchObject({ gcRound: 5, next: "P7" });
  });

  it("the heads of what was output are the leaders that no later leader's history holds", () => {
    expect(linearize({ dag: "1-4: A B C D", verdicts: "P1=A1 P2=A2 P3=A3" }).heads).toEqual(["A3"]);
    const apart = `
      1: A B C D
      2: A(ABC) B(ABC) C(BCD) D(BCD)
      3: A(ABC) B(ABC)`;
    expect(linearize({ dag: apart, verdicts: "P1=skip P2=D2 P3=A3" }).heads).toEqual(["D2", "A3"]);
  });
});
