// The commit rule as the engine meets it: sealed commits, times, schedules that change, shares that are bad.

import { coinIndex, mustExist, validatorIndex } from "@selvedge/integrity";
import { testCommittee } from "@selvedge/integrity/testing";
import { describe, expect, it } from "vitest";
import { createCoinKeys } from "../../src/coin/coin.ts";
import { dealCoinKeys } from "../../src/coin/dealer.ts";
import { decodeConsensusState, encodeConsensusState } from "../../src/commit/consensus-state.ts";
import { drawDag } from "../../src/testing/dag-dsl.ts";
import { RuleRun } from "../support/commit-rule.ts";
import { realBlocks } from "../support/real-blocks.ts";

const test4 = testCommittee(4);

function stateOf(bytes: Uint8Array | undefined): ReturnType<typeof decodeConsensusState> {
  return decodeConsensusState(mustExist(bytes, "a commit was decided"));
}

describe("S6 what a commit carries", () => {
  it("its time is the stake-weighted lower median of the leader's parents of the round before it, never going back", () => {
    const times = [500, 100, 900, 300];
    const { blocks } = drawDag("1-8: A B C D", 4);
    const timestampOf = ({ round, author }: { round: number; author: number }): number =>
      round === 3 ? 1 : (times[author] ?? 0);
    const run = new RuleRun(test4);
    const commits = run.feed(realBlocks(blocks, test4, { timestampOf }));
    // P1's parents are genesis, which has no time; the lower median of 100, 300, 500, 900 is 300; round 3 would go back.
    expect(commits.map(({ sealed }) => sealed.commit.timestampMs).slice(0, 5)).toEqual([0, 300, 300, 300, 300]);
    const heavy = testCommittee(4, [1, 1, 2, 1]);
    const weighted = new RuleRun(heavy).feed(realBlocks(blocks, heavy, { timestampOf }));
    expect(weighted[1]?.sealed.commit.timestampMs).toBe(500);
  });

  it("tells the pacemaker what it asks: leaders, direct commits, settled slots, output", () => {
    const blocks = realBlocks(drawDag("1-4: A B C D", 4).blocks, test4);
    const run = new RuleRun(test4);
    run.feed(blocks.slice(0, 8));
    expect([run.rule.isSlotSettled(1), run.rule.isSlotSettled(2)]).toEqual([true, false]);
    expect(run.rule.nextSlot()).toEqual({ kind: "P", number: 1 });
    run.feed(blocks.slice(8, 11));
    const verdict = run.rule.verdictOf({ kind: "P", number: 1 });
    expect(verdict).toMatchObject({ type: "commit", isDirect: true, leader: { author: run.rule.leaderOf(1) } });
    expect(run.rule.nextSlot()).toEqual({ kind: "P", number: 2 });
    const leader = mustExist(run.dag.inSlot(1, run.rule.leaderOf(1))[0], "the leader made a block");
    expect([run.rule.isOutput(leader), run.rule.isSlotSettled(1)]).toEqual([true, true]);
    expect([run.rule.commitIndex, run.rule.advance()]).toEqual([1, []]);
  });
});

describe("S7 schedules", () => {
  it("schedule i rules up to the slot that emits commit i·U, and past leaders are remembered", () => {
    const blocks = realBlocks(drawDag("1-40: A B C", 4).blocks, test4);
    const run = new RuleRun(test4, { params: { scheduleEvery: 6 } });
    const commits = run.feed(blocks);
    const numbers = commits.map(({ consensusState }) => {
      const state = stateOf(consensusState);
      return state.ok ? state.value.scheduleNumber : 0;
    });
    expect(numbers.slice(0, 13)).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3]);
    for (const { sealed } of commits) {
      const { slot, leader } = sealed.commit;
      if (slot.kind === "P") expect(run.rule.leaderOf(slot.number)).toBe(leader.author);
    }
  });

  it("who makes no blocks loses its places to the best after U commits", () => {
    const blocks = realBlocks(drawDag("1-40: A B C", 4).blocks, test4);
    const run = new RuleRun(test4, { params: { scheduleEvery: 6 } });
    const commits = run.feed(blocks);
    const states = commits.map(({ consensusState }) => stateOf(consensusState));
    const places = states.map((state) => (state.ok ? state.value.places.toSorted((left, right) => left - right) : []));
    expect(places[0]).toEqual([0, 1, 2, 3]);
    for (const later of places.slice(5)) expect(later).not.toContain(3);
    expect(commits.length).toBeGreaterThan(30);
  });
});

describe("§6 shares are verified only when C(k) is consulted", () => {
  const dealt = dealCoinKeys({ tickets: [1, 1, 1, 1], threshold: 1, seed: new Uint8Array(32).fill(3) });
  const coinOf = (validator: number | null): NonNullable<ReturnType<typeof tryCoin>> =>
    mustExist(tryCoin(validator), "keys");
  const tryCoin = (validator: number | null) => {
    const { groupPublicKey, publicShares, secretShares } = dealt;
    const own =
      validator === null ? null : { validator: validatorIndex(validator), secretShares: secretShares[validator] ?? [] };
    const { committee, chainId, crypto } = test4;
    const keys = createCoinKeys({ sha256: crypto.sha256, chainId, committee, groupPublicKey, publicShares, own });
    return keys.ok ? keys.value : undefined;
  };
  const shareOf = ({ author, round }: { author: number; round: number }) => {
    if (round !== 13) return null;
    // A's share is that of another coin.
    return coinOf(author).shareFor(coinIndex(author === 0 ? 1 : 0));
  };

  it("a void C slot costs nothing, and its bad share goes unnoticed", () => {
    const run = new RuleRun(test4, { coin: coinOf(null) });
    run.feed(realBlocks(drawDag("1-16: A B C D", 4).blocks, test4, { shareOf }));
    expect(run.rule.takeBadCoinShares()).toEqual([]);
  });

  it("a consulted one opens over the bad share, and reports it once", () => {
    const run = new RuleRun(test4, { coin: coinOf(null) });
    run.feed(realBlocks(drawDag("1-13: A B C D", 4).blocks, test4, { shareOf }));
    expect(run.rule.verdictOf({ kind: "C", number: 0 }).type).toBe("commit");
    expect(run.rule.takeBadCoinShares()).toMatchObject([
      { type: "badCoinShare", author: 0, coin: 0, block: { round: 13 } },
    ]);
    expect(run.rule.takeBadCoinShares()).toEqual([]);
  });
});

describe("§7 the consensus state", () => {
  it("survives its encoding, and damaged bytes are refused without a throw", () => {
    const run = new RuleRun(test4, { params: { scheduleEvery: 3 } });
    const commits = run.feed(realBlocks(drawDag("1-12: A B C D", 4).blocks, test4));
    for (const { consensusState } of commits) {
      const state = stateOf(consensusState);
      expect(state.ok && encodeConsensusState(state.value)).toEqual(consensusState);
      for (let size = 0; size < consensusState.length; size += 1) {
        expect(decodeConsensusState(consensusState.subarray(0, size)).ok).toBe(false);
      }
    }
  });
});
