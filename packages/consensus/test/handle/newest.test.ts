// Asking for our newest blocks (docs/protocol.md §11, "Restart"): which answers count, at which round we resume, and what
// an answerer may not bring about.

import { TestStore } from "@selvedge/consensus/testing";
import type { VerifiedBlock } from "@selvedge/integrity";
import { mustExist, round, validatorIndex } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { SingleEngine, ofType, refsOf, signedIn } from "../support/single-engine.ts";

const LISTENING = 3;
const OTHERS = [1, 2, 3];

function started(rounds: number = LISTENING): SingleEngine {
  const one = new SingleEngine({ local: { doppelgangerRounds: rounds, leaderTimeoutMs: 250, fetchTimeoutMs: 500 } });
  one.feed({ type: "start" });
  return one;
}

function answer(
  one: SingleEngine,
  from: number,
  what: { readonly ours?: VerifiedBlock; readonly theirs?: VerifiedBlock; readonly vouches?: boolean },
): void {
  const { ours = null, theirs = null, vouches = true } = what;
  one.feed({ type: "newestAnswer", from: validatorIndex(from), ours, theirs, vouches });
}

const standingOf = (one: SingleEngine): string => one.engine.status().signing.standing;

function ownBlock(one: SingleEngine, round: number, below: readonly VerifiedBlock[]): VerifiedBlock {
  const own = mustExist(one.genesis[0], "our genesis");
  const parents = below.length === 0 ? one.genesis.filter(({ author }) => author !== 0) : refsOf(below);
  return one.draw({ author: 0, round, parents: [own, ...parents] });
}

/** Amnesiac: validator 1 shows a block of ours of round 2 above rows of the others. */
function recovering(rounds?: number): {
  readonly one: SingleEngine;
  readonly rows: readonly (readonly VerifiedBlock[])[];
} {
  const one = started(rounds);
  const rows = one.tower(OTHERS, 12);
  for (const row of rows.slice(0, 5)) one.receive(1, ...row);
  answer(one, 1, { ours: ownBlock(one, 2, rows[0] ?? []) });
  return { one, rows };
}

function newestOf(rows: readonly (readonly VerifiedBlock[])[], round: number, author: number): VerifiedBlock {
  return mustExist(
    rows[round - 1]?.find(({ ref }) => ref.author === author),
    "a block of the tower",
  );
}

function ownRounds(one: SingleEngine): readonly number[] {
  return ofType(one.all, "persist").flatMap(({ signed }) => (signed === null ? [] : [signed.round]));
}

describe("before the first signature", () => {
  test("everybody else is asked, and asked again as long as no answer came", () => {
    const one = started();
    const asked = (): readonly number[] => ofType(one.all, "askNewest").map(({ to }) => to);
    expect(asked()).toEqual(OTHERS);
    answer(one, 2, {});
    one.fire("ask");
    expect(asked()).toEqual([...OTHERS, 1, 3]);
    one.fire("propose");
    expect([standingOf(one), ownRounds(one)]).toEqual(["asking", []]);
    answer(one, 1, {});
    expect(standingOf(one)).toBe("signing");
    one.fire("ask");
    expect(asked()).toHaveLength(5);
  });

  test("an answer with another's block is none", () => {
    const one = started();
    const [row = []] = one.tower(OTHERS, 1);
    const theirs = mustExist(row[0], "a block of validator 1");
    answer(one, 2, { theirs });
    answer(one, 3, { ours: theirs });
    answer(one, 1, { theirs });
    expect(one.engine.status().signing.answered).toEqual([1]);
    expect(standingOf(one)).toBe("asking");
  });

  test("we sign once stake Q has answered, ourselves included, and not before", () => {
    const one = started();
    answer(one, 1, {});
    expect(standingOf(one)).toBe("asking");
    answer(one, 2, {});
    expect(standingOf(one)).toBe("signing");
  });

  test("with nobody to listen for, nobody is asked", () => {
    const one = started(0);
    expect([standingOf(one), ofType(one.all, "askNewest")]).toEqual(["signing", []]);
  });

  test("a block of ours that somebody pushes tells as much as an answer", () => {
    const one = started();
    one.receive(1, ownBlock(one, 1, []));
    expect(standingOf(one)).toBe("recovering");
    expect(ofType(one.all, "persist").some(({ hasForgotten }) => hasForgotten === true)).toBe(true);
    expect(ofType(one.all, "report").map(({ fault }) => fault.type)).toEqual(["amnesia"]);
  });
});

describe("recovering", () => {
  test("resumes at the highest of the answerers' newest blocks + 2, and the rounds of listening", () => {
    const { one, rows } = recovering();
    expect(standingOf(one)).toBe("recovering");
    for (const author of OTHERS) answer(one, author, { theirs: newestOf(rows, author === 2 ? 5 : 4, author) });
    expect(one.engine.status().signing).toMatchObject({ standing: "listening", resumeRound: 5 + 2 + LISTENING });
    one.give([Uint8Array.of(1)]);
    for (const row of rows.slice(5, 8)) {
      one.receive(2, ...row);
      one.fire("propose");
    }
    expect(ownRounds(one)).toEqual([]);
    one.receive(2, ...(rows[8] ?? []));
    one.fire("leader");
    one.fire("propose");
    expect(ownRounds(one)).toEqual([10]);
    expect(standingOf(one)).toBe("signing");
  });

  test("does not count who vouches for nothing, nor a block whose history nobody shows", () => {
    const { one, rows } = recovering();
    const unknown = one.draw({
      author: 3,
      round: 9,
      parents: refsOf(one.tower(OTHERS, 8).at(-1) ?? []).toSorted((left) => (left.author === 3 ? -1 : 1)),
    });
    answer(one, 1, { theirs: newestOf(rows, 5, 1) });
    answer(one, 2, { theirs: newestOf(rows, 5, 2), vouches: false });
    answer(one, 3, { theirs: unknown });
    expect(one.engine.status().signing).toMatchObject({ standing: "recovering", answered: [1], neededStake: 3 });
    answer(one, 2, { theirs: newestOf(rows, 5, 2) });
    expect(standingOf(one)).toBe("recovering");
    // Its history comes in after all.
    for (const row of rows.slice(5, 8)) one.receive(1, ...row);
    expect(one.engine.status().signing).toMatchObject({ standing: "listening", resumeRound: 9 + 2 + LISTENING });
  });

  test("resumes above the round that its safety file names, whatever the others know", () => {
    const recovered = { ...new TestStore().recover(validatorIndex(0)), lastSignedRound: round(20) };
    const one = new SingleEngine({ local: { doppelgangerRounds: LISTENING } }, 0, recovered);
    one.feed({ type: "start" });
    const rows = one.tower(OTHERS, 5);
    for (const row of rows) one.receive(1, ...row);
    for (const author of OTHERS) answer(one, author, { theirs: newestOf(rows, 5, author) });
    expect(one.engine.status().signing).toMatchObject({ standing: "listening", resumeRound: 21 + LISTENING });
  });

  test("acks nothing from there on, nor what was due before", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const first = OTHERS.map((author) => {
      const parents = one.genesis.toSorted(
        (left, right) => Number(right.author === author) - Number(left.author === author),
      );
      return one.draw({ author, round: 1, parents, body: author === 1 ? { updates: [update] } : {} });
    });
    const rows = [first];
    for (let at = 2; at <= 9; at += 1) rows.push([...one.row(at, OTHERS, refsOf(rows.at(-1) ?? []))]);
    for (const row of rows.slice(0, 5)) one.receive(1, ...row);
    one.feed({ type: "updateChecked", update: update.digest, accepted: true, score: null });
    answer(one, 1, { ours: ownBlock(one, 2, first) });
    for (const author of OTHERS) answer(one, author, { theirs: newestOf(rows, 5, author) });
    one.give([Uint8Array.of(1)]);
    for (const row of rows.slice(5)) one.receive(2, ...row);
    one.fire("leader");
    const block = mustExist(signedIn(one.fire("propose")), "the first block after the amnesia");
    expect(block.ref.round).toBe(10);
    expect(block.body.acks).toEqual([]);
  });

  test("stops at a block of ours that is not of our past, whenever it was seen", () => {
    for (const isEarly of [true, false]) {
      const { one, rows } = recovering();
      const elsewhere = ownBlock(one, 8, rows[6] ?? []);
      if (isEarly) one.receive(3, elsewhere);
      for (const author of OTHERS) answer(one, author, { theirs: newestOf(rows, 5, author) });
      if (!isEarly) one.receive(3, elsewhere);
      expect(one.engine.status().signing).toMatchObject({ standing: "stopped", foreign: elsewhere.ref });
      for (const row of rows.slice(5)) one.receive(2, ...row);
      one.fire("leader");
      one.fire("propose");
      expect(ownRounds(one)).toEqual([]);
    }
  });

  test("takes a block of round M + 1 for one of our past", () => {
    const { one, rows } = recovering();
    one.receive(3, ownBlock(one, 6, rows[4] ?? []));
    for (const author of OTHERS) answer(one, author, { theirs: newestOf(rows, 5, author) });
    expect(one.engine.status().signing).toMatchObject({ standing: "listening", resumeRound: 7 + LISTENING });
  });

  test("cuts the listening short if nobody makes rounds without us, and never goes below M + 2", () => {
    const { one, rows } = recovering();
    for (const author of OTHERS) answer(one, author, { theirs: newestOf(rows, 5, author) });
    one.receive(2, ...(rows[5] ?? []));
    one.give([Uint8Array.of(1)]);
    for (let tick = 0; tick < 3; tick += 1) one.fire("ask");
    expect(one.engine.status().signing.resumeRound).toBe(7 + LISTENING);
    for (let tick = 0; tick < 4; tick += 1) one.fire("ask");
    one.fire("leader");
    one.fire("propose");
    expect(one.engine.status().signing).toMatchObject({ standing: "signing", resumeRound: 7 });
    expect(ownRounds(one)).toEqual([7]);
  });

  test("stays above M + 1 when it is cut short before the others have filled that round", () => {
    const { one, rows } = recovering();
    for (const author of OTHERS) answer(one, author, { theirs: newestOf(rows, 5, author) });
    for (let tick = 0; tick < 8; tick += 1) one.fire("ask");
    expect(one.engine.status().signing).toMatchObject({ standing: "listening", resumeRound: 7 });
    expect(ownRounds(one)).toEqual([]);
  });
});
