// Replay refuses files whose answer would be undefined, with a code and the place.

import { describe, expect, it } from "vitest";
import { replayVector } from "../../src/replay/replay.ts";

const SOUND = {
  stakes: [1, 1, 1, 1],
  params: { coinPeriod: 8, coinWave: 6, firstCoinRound: 8, gcDepth: 60 },
  leaders: [0, 1, 2],
  coins: [0],
  blocks: [
    { id: "A1", author: 0, round: 1, ancestors: ["g0", "g1", "g2"] },
    { id: "B1", author: 1, round: 1, ancestors: ["g1", "g0", "g2", "g3"] },
    { id: "C1", author: 2, round: 1, ancestors: ["g2", "g1", "g0"] },
    { id: "A2", author: 0, round: 2, ancestors: ["A1", "B1", "C1"] },
  ],
  invalidShares: [],
  views: [{ tips: ["A2"] }, { tips: [] }],
};

type Change = Record<string, unknown>;

function codeOf(change: Change): string {
  const result = replayVector({ ...SOUND, ...change });
  return result.ok ? "ok" : result.error.code;
}

function withBlock(ancestors: readonly string[], change: Change = {}): Change {
  return { blocks: [...SOUND.blocks, { id: "B2", author: 1, round: 2, ancestors, ...change }] };
}

describe("replay refuses", () => {
  it("nothing of a sound file", () => {
    expect(replayVector(SOUND)).toEqual({
      ok: true,
      value: {
        views: [
          { verdicts: { P1: "undecided", P2: "undecided" }, commits: [], next: "P1" },
          { verdicts: {}, commits: [], next: "P1" },
        ],
      },
    });
  });

  it.each([
    ["what is no object", 7],
    ["nothing at all", null],
    ["a list", []],
    ["a missing field", { ...SOUND, stakes: undefined }],
    ["an author that is no member", { ...SOUND, leaders: [0, 1, 4] }],
    ["a stake of zero", { ...SOUND, stakes: [1, 1, 0, 1] }],
    ["a round that is no integer", { ...SOUND, blocks: [{ ...SOUND.blocks[0], round: 1.5 }] }],
    ["an id that is no text", { ...SOUND, blocks: [{ ...SOUND.blocks[0], id: 3 }] }],
    ["views that are no list", { ...SOUND, views: {} }],
  ])("%s", (_, file) => {
    expect(replayVector(file)).toMatchObject({ ok: false, error: { code: "REPLAY_FORMAT" } });
  });

  it("stakes that do not sum to a safe integer", () => {
    expect(codeOf({ stakes: [Number.MAX_SAFE_INTEGER, 1, 1, 1] })).toBe("REPLAY_STAKES");
    expect(codeOf({ stakes: [], leaders: [], coins: [], blocks: [] })).toBe("REPLAY_STAKES");
  });

  it.each([
    ["coinPeriod below coinWave", { coinPeriod: 5 }],
    ["gcDepth below 3", { gcDepth: 2 }],
    ["coinWave below 3", { coinWave: 2 }],
  ])("%s, where the rule is unsafe or undefined", (_, change) => {
    expect(codeOf({ params: { ...SOUND.params, ...change } })).toBe("REPLAY_PARAMS");
  });

  it("takes the bounds themselves: coinPeriod = coinWave and gcDepth = 3", () => {
    expect(codeOf({ params: { coinPeriod: 6, coinWave: 6, firstCoinRound: 8, gcDepth: 3 } })).toBe("ok");
  });

  it.each([
    ["P1: another's block first", withBlock(["A1", "B1", "C1"])],
    ["P1: no ancestors at all", withBlock([])],
    ["P2: an ancestor of the same round", withBlock(["B1", "A2", "C1"])],
    ["P3: two ancestors of one author", withBlock(["B1", "A1", "g0", "C1"])],
    ["P4: ancestors of the round before short of Q", withBlock(["B1", "A1", "g2"])],
    ["an ancestor that does not stand before it", withBlock(["B1", "A1", "D1"])],
    ["an id given twice", withBlock(["B1", "A1", "C1"], { id: "A2" })],
    ["an id of genesis", withBlock(["B1", "A1", "C1"], { id: "g3" })],
  ])("%s", (_, change) => {
    expect(codeOf(change)).toBe("REPLAY_BLOCK");
  });

  it("a tip that is no block, and leaders or coins that end too early", () => {
    expect(codeOf({ views: [{ tips: ["Z9"] }] })).toBe("REPLAY_VIEW");
    expect(codeOf({ leaders: [0] })).toBe("REPLAY_SLOTS");
    const params = { coinPeriod: 3, coinWave: 3, firstCoinRound: 1, gcDepth: 3 };
    const blocks = [...SOUND.blocks, ...completedRounds()];
    expect(codeOf({ params, blocks, coins: [] })).toBe("REPLAY_SLOTS");
    expect(codeOf({ params, blocks, coins: [0] })).toBe("ok");
  });
});

function completedRounds(): readonly unknown[] {
  return [
    { id: "B2", author: 1, round: 2, ancestors: ["B1", "A1", "C1"] },
    { id: "C2", author: 2, round: 2, ancestors: ["C1", "A1", "B1"] },
    { id: "A3", author: 0, round: 3, ancestors: ["A2", "B2", "C2"] },
  ];
}
