// What a genesis may set, and the rounds in which coin shares are due.

import { describe, expect, test } from "vitest";
import {
  DEFAULT_PROTOCOL_PARAMS,
  PROTOCOL_PARAM_CEILINGS,
  PROTOCOL_PARAM_NAMES,
  type ProtocolParams,
  coinShareAt,
  unsoundParams,
} from "../src/index.ts";

function verdictOf(params: Partial<ProtocolParams>): string | undefined {
  return unsoundParams({ ...DEFAULT_PROTOCOL_PARAMS, ...params });
}

describe("protocol parameters", () => {
  test("the defaults are sound and every one of them is encoded", () => {
    expect(verdictOf({})).toBeUndefined();
    expect([...PROTOCOL_PARAM_NAMES].sort((a, b) => (a < b ? -1 : 1))).toEqual(
      Object.keys(DEFAULT_PROTOCOL_PARAMS).sort((a, b) => (a < b ? -1 : 1)),
    );
  });
  test.each(PROTOCOL_PARAM_NAMES)("%s is a positive safe integer", (name) => {
    for (const value of [0, -1, 1.5, 2 ** 53, Number.NaN]) expect(verdictOf({ [name]: value })).toMatch(name);
  });
  test.each(Object.entries(PROTOCOL_PARAM_CEILINGS))("%s is at most %i", (name, ceiling) => {
    const room = { payloadMaxBytes: 1024 * 1024, [name]: ceiling };
    expect(verdictOf(room)).toBeUndefined();
    expect(verdictOf({ ...room, [name]: ceiling + 1 })).toMatch(name);
  });
  test.each<[Partial<ProtocolParams>, RegExp]>([
    [{ coinWave: 4 }, /coinWave/],
    [{ coinPeriod: 5 }, /coinPeriod/],
    [{ gcDepth: 3 }, /gcDepth/],
    [{ payloadChunkBytes: 3000 }, /power of two/],
    [{ payloadChunkBytes: 512 }, /payloadChunkBytes/],
    [{ payloadChunkBytes: 1024 }, /payloadMaxBytes/],
  ])("%j is refused", (params, expected) => {
    expect(verdictOf(params)).toMatch(expected);
  });
  test.each<Partial<ProtocolParams>>([{ coinWave: 5 }, { coinPeriod: 6 }, { gcDepth: 4 }, { firstCoinRound: 1 }])(
    "%j is at the edge and sound",
    (params) => {
      expect(verdictOf(params)).toBeUndefined();
    },
  );
});

test("shares of coin k are due in round r_k + w_C - 1 and in no other", () => {
  const due = Array.from({ length: 40 }, (_, round) => [round, coinShareAt(DEFAULT_PROTOCOL_PARAMS, round)]).filter(
    ([, coin]) => coin !== undefined,
  );
  expect(due).toEqual([
    [13, 0],
    [21, 1],
    [29, 2],
    [37, 3],
  ]);
});
