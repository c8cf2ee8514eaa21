// The plain fetch by rounds (docs/protocol.md §11): one request at a time, until the gap is closed.

import type { BlockRef } from "@selvedge/integrity";
import { validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { RangeFetcher } from "../../src/dag/range-fetcher.ts";
import { SingleEngine, ofType } from "../support/single-engine.ts";

const PEERS = [1, 2, 3].map((peer) => validatorIndex(peer));

function fetcher(): RangeFetcher {
  let last = 0;
  return new RangeFetcher({ peers: PEERS, timeoutMs: 500, roundsMax: 10 }, () => (last += 1));
}

test("a range is asked for from the round after the last full one, of the peer that showed the gap", () => {
  const ranges = fetcher();
  const [ask] = ofType(ranges.pump({ quorumRound: 7, ahead: { round: 40, from: validatorIndex(2) } }), "fetchRange");
  expect(ask).toMatchObject({ from: 2, fromRound: 8, toRound: 17 });
  expect(ranges.pump({ quorumRound: 7, ahead: { round: 41, from: validatorIndex(1) } })).toEqual([]);
});

test("the same peer goes on while it brings all it was asked for, and the next takes over when it brings less", () => {
  const ranges = fetcher();
  const asked: (number | null | undefined)[] = [];
  let quorumRound = 0;
  for (const gain of [10, 10, 0, 10, 1, 0, 0, 0]) {
    const [ask] = ofType(ranges.pump({ quorumRound, ahead: { round: 400, from: validatorIndex(1) } }), "fetchRange");
    asked.push(ask?.from);
    quorumRound += gain;
    ranges.onFinished(quorumRound);
  }
  expect(asked).toEqual([1, 1, 1, 2, 2, 3, 1, 2]);
  // All three failed in a row: a pause, and then again.
  const paused = ranges.pump({ quorumRound, ahead: { round: 400, from: validatorIndex(1) } });
  expect(paused.map(({ type }) => type)).toEqual(["setTimer"]);
  ranges.onFinished(quorumRound);
  expect(
    ofType(ranges.pump({ quorumRound, ahead: { round: 400, from: validatorIndex(1) } }), "fetchRange"),
  ).toHaveLength(1);
});

test("after an answer that filled no round the next request begins a round higher, and never beyond the gap", () => {
  const ranges = fetcher();
  const begun: (number | undefined)[] = [];
  let quorumRound = 7;
  for (const gain of [0, 0, 2, 0, 0]) {
    const [ask] = ofType(ranges.pump({ quorumRound, ahead: { round: 400, from: validatorIndex(1) } }), "fetchRange");
    begun.push(ask?.fromRound);
    quorumRound += gain;
    ranges.onFinished(quorumRound);
  }
  expect(begun).toEqual([8, 9, 10, 10, 11]);
  for (const _ of PEERS) {
    ranges.pump({ quorumRound, ahead: { round: quorumRound + 5, from: validatorIndex(1) } });
    ranges.onFinished(quorumRound);
  }
  const [ask] = ofType(ranges.pump({ quorumRound, ahead: { round: quorumRound + 5, from: null } }), "fetchRange");
  expect(ask?.fromRound).toBeLessThanOrEqual(quorumRound + 4);
});

test("a block far ahead of one validator alone starts no range, blocks of more than F stake do", () => {
  const one = new SingleEngine();
  one.feed({ type: "start" });
  const top = one.tower([1, 2, 3], 12).at(-1) ?? [];
  expect(ofType(one.receive(1, ...top.slice(0, 1)), "fetchRange")).toEqual([]);
  expect(one.engine.status().isCatchingUp).toBe(false);
  const [ask] = ofType(one.receive(2, ...top.slice(1, 2)), "fetchRange");
  expect(ask).toMatchObject({ fromRound: 1, toRound: 12 });
  expect(one.engine.status().isCatchingUp).toBe(true);
  const far: readonly BlockRef[] = ofType(one.all, "fetch").flatMap(({ refs }) => refs);
  expect(far).toEqual([]);
});
