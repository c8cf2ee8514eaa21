// Rules A1, A2, C1–C3, the least delay between blocks, idling and the payload gate (docs/protocol.md §4), one by one.

import type { BlockRef, VerifiedBlock } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { SingleEngine, type EffectOf, isDue, ofType, refsOf, signedIn } from "./support/single-engine.ts";

const OTHERS = [1, 2, 3];

/** Validator 0 after its block of round 1, with content so that it never idles. */
function afterRoundOne(options: ConstructorParameters<typeof SingleEngine>[0] = {}): {
  readonly one: SingleEngine;
  readonly own: VerifiedBlock;
} {
  const one = new SingleEngine(options);
  one.feed({ type: "start" });
  one.give([Uint8Array.of(1)]);
  const own = signedIn(one.fire("propose"));
  if (own === undefined) throw new Error("no block of round 1");
  return { one, own };
}

test("A1: the block of round 2 waits for Q stake of blocks of round 1", () => {
  const { one } = afterRoundOne({ params: { probeEvery: 1_000_000 } });
  const row = one.row(1, OTHERS);
  one.fire("leader");
  one.receive(1, ...row.slice(0, 1));
  one.fire("leader");
  expect(signedIn(one.fire("propose"))).toBeUndefined();
  one.receive(2, ...row.slice(1));
  one.fire("leader");
  expect(signedIn(one.fire("propose"))?.ref.round).toBe(2);
});

test("A2: with rounds full that the output has not passed, a block is made in every one of them", () => {
  const { one } = afterRoundOne();
  // P(1) is undecided with two rounds in, so neither round may be passed over.
  for (const row of one.tower(OTHERS, 2)) one.receive(1, ...row);
  expect(one.engine.status().nextSlot).toBe("P1");
  const rounds = [1, 2, 3].flatMap(() => {
    one.fire("leader");
    return signedIn(one.fire("propose"))?.ref.round ?? [];
  });
  expect(rounds).toEqual([2, 3]);
});

test("A2: rounds before the output cursor are passed over, and the round after them is not", () => {
  const one = new SingleEngine();
  one.feed({ type: "start" });
  for (const row of one.tower(OTHERS, 7)) one.receive(1, ...row);
  const cursor = Number(one.engine.status().nextSlot.slice(1));
  expect(one.engine.status().nextSlot).toMatch(/^P/);
  expect(cursor).toBeGreaterThan(2);
  const block = signedIn(one.fire("propose"));
  expect(block?.ref.round).toBe(cursor);
  // P1: the own parent is genesis all the same, and P4 is kept by the others.
  expect(block?.header.parents[0]).toEqual(one.genesis[0]);
  expect(block?.header.parents.filter(({ round }) => round === cursor - 1)).toHaveLength(3);
});

describe("C1", () => {
  /** A chain whose P(1) validator 0 does not lead, so that the leader of round 1 can be kept from it. */
  function withoutLeader(one: SingleEngine): { readonly leader: number; readonly rest: readonly number[] } {
    const leader = one.leaderOf(1);
    return { leader, rest: OTHERS.filter((author) => author !== leader) };
  }

  test("L1: the leader block of the round before is waited for", () => {
    const { one } = afterRoundOne();
    const { leader, rest } = withoutLeader(one);
    expect(leader).not.toBe(0);
    const row = one.row(1, OTHERS);
    one.receive(1, ...row.filter(({ ref }) => rest.includes(ref.author)));
    expect(signedIn(one.fire("propose"))).toBeUndefined();
    expect(isDue(one.receive(leader, ...row.filter(({ ref }) => ref.author === leader)))).toBe(true);
  });

  test("C2: no longer than the leader timeout", () => {
    const { one } = afterRoundOne();
    const { rest } = withoutLeader(one);
    const effects = one.receive(1, ...one.row(1, OTHERS).filter(({ ref }) => rest.includes(ref.author)));
    expect(ofType(effects, "setTimer").map(({ id }) => id)).toContain("leader");
    expect(signedIn(one.fire("propose"))).toBeUndefined();
    expect(isDue(one.fire("leader"))).toBe(true);
    expect(signedIn(one.fire("propose"))?.ref.round).toBe(2);
  });

  test("L2: votes of Q stake for the leader block of two rounds before, or blames of Q stake, are waited for", () => {
    const { one, own } = afterRoundOne();
    const leader = one.leaderOf(1);
    const first = one.row(1, OTHERS);
    one.receive(1, ...first);
    const second = signedIn(one.fire("propose"));
    expect(second?.ref.round).toBe(2);
    const refs = [own.ref, ...refsOf(first)];
    const voting = one.row(2, OTHERS, refs);
    // The leader of round 2 votes for P(1) as we do; another blames it: two votes and a blame settle nothing.
    const blamer = OTHERS.find((author) => author !== one.leaderOf(2) && author !== leader) ?? 1;
    const below = refs.filter(({ author }) => author !== leader);
    const blame = one.row(2, [blamer], below);
    const leaders = voting.filter(({ ref }) => ref.author === one.leaderOf(2));
    one.receive(1, ...leaders, ...blame);
    expect(signedIn(one.fire("propose"))).toBeUndefined();
    const last = voting.filter(({ ref }) => ref.author !== blamer && ref.author !== one.leaderOf(2));
    expect(isDue(one.receive(2, ...last))).toBe(true);
  });

  test("a leader whose last slot was not committed directly is not waited for, except in a probing turn", () => {
    const waits = (probeEvery: number): boolean => {
      const one = new SingleEngine({ params: { probeEvery } });
      one.feed({ type: "start" });
      const leader = one.leaderOf(1);
      const others = [0, 1, 2, 3].filter((author) => author !== leader);
      let below: readonly BlockRef[] = one.genesis;
      // Rounds without any block of that leader, until it leads again.
      let round = 1;
      for (; round < 5 || one.leaderOf(round) !== leader; round += 1) {
        const row: VerifiedBlock[] = [];
        one.give([Uint8Array.of(round)]);
        one.fire("leader");
        const own = signedIn(one.fire("propose"));
        if (own !== undefined) row.push(own);
        row.push(
          ...one.row(
            round,
            others.filter((author) => author !== 0),
            below,
          ),
        );
        one.receive(1, ...row);
        below = refsOf(row);
      }
      one.give([Uint8Array.of(99)]);
      one.fire("leader");
      const own = signedIn(one.fire("propose"));
      const row = one.row(
        round,
        others.filter((author) => author !== 0),
        below,
      );
      one.receive(1, ...row);
      expect(own?.ref.round).toBe(round);
      return signedIn(one.fire("propose")) === undefined;
    };
    expect(waits(1_000_000)).toBe(false);
    expect(waits(1)).toBe(true);
  });
});

test("C3: Q stake of blocks of our round makes ours due at once, without leader and before roundDelayMin", () => {
  const { one, own } = afterRoundOne();
  const first = one.row(1, OTHERS);
  one.receive(1, ...first);
  const second = one.row(2, OTHERS, [own.ref, ...refsOf(first)]);
  // The timer of roundDelayMin has not fired: nothing is due for C1.
  expect(isDue(one.receive(1, second[0] ?? own))).toBe(false);
  expect(isDue(one.receive(1, ...second.slice(1)))).toBe(true);
  expect(signedIn(one.fire("propose"))?.ref.round).toBe(2);
});

test("no sooner than roundDelayMin after our last block", () => {
  const { one } = afterRoundOne();
  const effects = one.receive(1, ...one.row(1, OTHERS));
  expect(isDue(effects)).toBe(false);
  expect(signedIn(one.fire("propose"))?.ref.round).toBe(2);
});

test("an idle network slows down, and payload of others ends that at once", () => {
  const one = new SingleEngine();
  const started = one.feed({ type: "start" });
  expect(one.engine.status().isIdle).toBe(true);
  const idle = ofType(started, "setTimer").find(({ id }) => id === "idle");
  expect(idle?.delayMs).toBe(1000);
  expect(isDue(started)).toBe(false);
  const loaded = one.draw({
    author: 1,
    round: 1,
    parents: [one.genesis[1], ...one.genesis.filter(({ author }) => author !== 1)].flatMap((ref) => ref ?? []),
    body: { transactions: [Uint8Array.of(7)] },
  });
  const effects = one.receive(1, loaded);
  expect(one.engine.status().isIdle).toBe(false);
  expect(ofType(effects, "cancelTimer").map(({ id }) => id)).toContain("idle");
  expect(isDue(effects)).toBe(true);
});

test("votes are no payload: blocks that carry them alone let the network idle", () => {
  const one = new SingleEngine();
  one.feed({ type: "start" });
  one.receive(1, ...one.row(1, OTHERS));
  expect(one.engine.status().isIdle).toBe(true);
});

test("idle rounds go on at idleRoundDelay", () => {
  const one = new SingleEngine();
  one.feed({ type: "start" });
  expect(isDue(one.fire("idle"))).toBe(true);
  expect(signedIn(one.fire("propose"))?.ref.round).toBe(1);
});

test("the payload gate: beyond ownUncommittedBytesMax our blocks are empty", () => {
  const { one } = afterRoundOne({ local: { ownUncommittedBytesMax: 2000 } });
  one.give([new Uint8Array(3000)]);
  one.receive(1, ...one.row(1, OTHERS));
  const second = signedIn(one.fire("propose"));
  expect(second?.body.transactions).toHaveLength(1);
  expect(one.engine.status().ownUncommittedBytes).toBeGreaterThan(2000);
  one.give([Uint8Array.of(2)]);
  const row = one.row(2, OTHERS, refsOf([...one.row(1, OTHERS)]));
  one.receive(1, ...row);
  const third = signedIn(one.fire("propose"));
  expect(third?.ref.round).toBe(3);
  expect(third?.body.transactions).toEqual([]);
  expect(one.engine.status().pendingContentCount).toBe(1);
});

test("an observer follows and makes nothing", () => {
  const one = new SingleEngine({}, null);
  one.feed({ type: "start" });
  for (const row of one.tower([0, 1, 2, 3], 6)) one.feed({ type: "blocks", blocks: row, from: null });
  const forbidden: readonly EffectOf<"send" | "checkUpdate">["type"][] = ["send", "checkUpdate"];
  for (const type of forbidden) expect(ofType(one.all, type)).toEqual([]);
  expect(signedIn(one.all)).toBeUndefined();
  expect(ofType(one.all, "commit").length).toBeGreaterThan(2);
});

test("B2: our block is sent again once its round has been short of a quorum for long, and only then", () => {
  const { one, own } = afterRoundOne();
  expect(ofType(one.all, "setTimer").filter(({ id }) => id === "resend")).toEqual([
    { type: "setTimer", id: "resend", delayMs: 1000 },
  ]);
  const again = ofType(one.fire("resend"), "send");
  expect(again.map(({ to, blocks }) => [to, ...refsOf(blocks)])).toEqual(OTHERS.map((to) => [to, own.ref]));
  // Round 1 fills and our block of round 2 is out: the timer was set for another round.
  one.receive(1, ...one.row(1, OTHERS));
  one.give([Uint8Array.of(2)]);
  one.fire("leader");
  const next = signedIn(one.fire("propose"));
  expect(next?.ref.round).toBe(2);
  expect(ofType(one.fire("resend"), "send")).toEqual([]);
  expect(ofType(one.fire("resend"), "send").map(({ blocks }) => blocks.map(({ ref }) => ref.round))).toEqual([
    [2],
    [2],
    [2],
  ]);
});
