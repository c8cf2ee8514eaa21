// Votes, blames and certificates of drawn DAGs, as docs/protocol.md reads them (S1, D3).

import { describe, expect, it } from "vitest";
import { type TalliedSlot, tallySlot } from "../../src/viewer/slot-tally.ts";

/** Name → parents. The author is the letter, the round the digit, a twin has a prime. */
type Drawn = Readonly<Record<string, string>>;

interface Tallied {
  readonly votes: readonly string[];
  readonly blames: readonly string[];
  readonly certificates: readonly string[];
  readonly isCertified: boolean;
}

function tally(drawn: Drawn, slot: TalliedSlot): Tallied {
  const names = Object.keys(drawn);
  const round = names.map((name) => Number(name[1]));
  const byRound = new Map<number, number[]>();
  for (const [position, of] of round.entries()) byRound.set(of, [...(byRound.get(of) ?? []), position]);
  const none = names.map(() => 0);
  const { lists, isCertified } = tallySlot(
    {
      blocks: {
        round,
        author: names.map((name) => name.charCodeAt(0) - 65),
        digest: names,
        at: none,
        isSigned: none,
        parents: names.map((name) =>
          (drawn[name] ?? "").split(" ").flatMap((parent) => (names.includes(parent) ? [names.indexOf(parent)] : [])),
        ),
        bytes: none,
        transactions: none,
        updates: none,
        acks: none,
      },
      stakes: [1, 1, 1, 1],
      quorumStake: 3,
      byRound,
    },
    slot,
  );
  const named = (list: readonly number[]): readonly string[] => list.map((position) => names[position] ?? "");
  return {
    votes: named(lists.votes),
    blames: named(lists.blames),
    certificates: named(lists.certificates),
    isCertified,
  };
}

describe("a P slot", () => {
  const slot: TalliedSlot = { kind: "P", round: 1, author: 0, wave: 3 };
  const drawn = { A1: "", B1: "", C1: "", D1: "", A2: "A1 B1 C1", B2: "B1 A1 C1", C2: "C1 A1 D1", D2: "D1 B1 C1" };

  it("has a vote of each block that refers to the leader's, and a blame of each other", () => {
    expect(tally(drawn, slot)).toEqual({
      votes: ["A2", "A1", "B2", "A1", "C2", "A1"],
      blames: ["D2"],
      certificates: [],
      isCertified: false,
    });
  });

  it("has a certificate in each block whose parents vote with a quorum, and is certified by a quorum of those", () => {
    const three = { ...drawn, A3: "A2 B2 C2", B3: "B2 A2 D2", C3: "C2 A2 B2 D2" };
    expect(tally(three, slot)).toMatchObject({ certificates: ["A3", "A1", "C3", "A1"], isCertified: false });
    expect(tally({ ...three, D3: "D2 A2 B2 C2" }, slot)).toMatchObject({ isCertified: true });
  });

  it("counts votes for twins apart", () => {
    const twins = { ...drawn, "A1'": "", C2: "C1 A1' D1", A3: "A2 B2 C2" };
    expect(tally(twins, slot)).toMatchObject({ votes: ["A2", "A1", "B2", "A1", "C2", "A1'"], certificates: [] });
  });
});

describe("a C slot", () => {
  const slot: TalliedSlot = { kind: "C", round: 1, author: 0, wave: 5 };
  const straight = { A1: "", "A1'": "", B1: "", B2: "B1 A1", C2: "A1'", B3: "B2", C3: "C2", D3: "B2 C2", D2: "B1" };
  const drawn = { ...straight, B4: "B3", C4: "C3", D4: "D3", A4: "D2" };

  it("has the vote of a block whose history holds one block of the slot, and a blame where it holds two or none", () => {
    expect(tally(drawn, slot)).toMatchObject({ votes: ["B4", "A1", "C4", "A1'"], blames: ["D4", "A4"] });
  });

  it("has neither while nobody knows its leader", () => {
    expect(tally(drawn, { ...slot, author: null })).toMatchObject({ votes: [], blames: [], certificates: [] });
  });
});
