// Rows by round: what is let go of from below stays away, and asking makes nothing.

import { describe, expect, it } from "vitest";
import { RoundRows } from "../../src/dag/round-rows.ts";

function rowsFrom(firstRound: number, rounds: readonly number[]): RoundRows<string> {
  const rows = new RoundRows<string>(firstRound);
  for (const round of rounds) rows.set(round, `row ${round}`);
  return rows;
}

describe("rows by round", () => {
  it("gives back what was set, and nothing for rounds below, between and above", () => {
    const rows = rowsFrom(5, [5, 7]);
    expect([4, 5, 6, 7, 8, -1].map((round) => rows.at(round))).toEqual([
      undefined,
      "row 5",
      undefined,
      "row 7",
      undefined,
      undefined,
    ]);
  });

  it("lets go of rounds from below, in their order, and moves nothing that stays", () => {
    const rows = rowsFrom(0, [3, 0, 1, 5]);
    expect(rows.takeBelow(4)).toEqual(["row 0", "row 1", "row 3"]);
    expect([3, 4, 5].map((round) => rows.at(round))).toEqual([undefined, undefined, "row 5"]);
    expect(rows.takeBelow(4)).toEqual([]);
    expect(rows.takeBelow(2)).toEqual([]);
    expect(rows.takeBelow(100)).toEqual(["row 5"]);
    rows.set(100, "later");
    expect(rows.at(100)).toBe("later");
  });

  it("keeps rounds far above the others, and brings them near as the lowest moves up", () => {
    const far = 2 ** 31;
    const rows = rowsFrom(0, [0, 1, far, far + 1, 10_000]);
    expect([0, 2, 10_000, far - 1, far].map((round) => rows.at(round))).toEqual([
      "row 0",
      undefined,
      "row 10000",
      undefined,
      `row ${far}`,
    ]);
    expect(rows.takeBelow(9000)).toEqual(["row 0", "row 1"]);
    expect([rows.at(10_000), rows.at(far)]).toEqual(["row 10000", `row ${far}`]);
    expect(rows.takeBelow(far + 1)).toEqual(["row 10000", `row ${far}`]);
    expect([rows.at(far), rows.at(far + 1)]).toEqual([undefined, `row ${far + 1}`]);
  });

  it("refuses a round that was let go of", () => {
    const rows = rowsFrom(0, [0]);
    rows.takeBelow(3);
    expect(() => rows.set(2, "back")).toThrow("does not come back");
  });
});
