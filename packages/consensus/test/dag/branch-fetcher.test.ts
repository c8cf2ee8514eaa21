// The fetch of another branch of an equivocator's blocks (docs/protocol.md, D1): by rounds, from the missing block down.

import { type ValidatorIndex, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { type Branch, BranchFetcher } from "../../src/dag/branch-fetcher.ts";
import { type EffectOf, ofType } from "../support/single-engine.ts";

const PEERS = [1, 2, 3].map((peer) => validatorIndex(peer));
const AUTHOR = validatorIndex(3);

interface Asking {
  readonly fetcher: BranchFetcher;
  readonly ask: (missingRound: number, sources?: readonly number[]) => EffectOf<"fetchRange"> | undefined;
}

function branchAt(missingRound: number, sources: readonly number[] = []): ReadonlyMap<ValidatorIndex, Branch> {
  return new Map([[AUTHOR, { author: AUTHOR, missingRound, sources: sources.map(validatorIndex) }]]);
}

function asking(): Asking {
  let last = 0;
  const fetcher = new BranchFetcher({ peers: PEERS, timeoutMs: 500, roundsMax: 16 }, () => (last += 1));
  return { fetcher, ask: (at, sources) => ofType(fetcher.pump(branchAt(at, sources)), "fetchRange")[0] };
}

test("the rounds down from the missing block are asked for, of whoever handed us what needs it, down to round 1", () => {
  const { fetcher, ask } = asking();
  const first = ask(40, [2]);
  expect(first).toMatchObject({ from: 2, author: 3, fromRound: 25, toRound: 40 });
  expect(fetcher.owns(first?.fetchId ?? 0)).toBe(true);
  expect(asking().ask(40)).toMatchObject({ from: 3 });
  expect(asking().ask(7)).toMatchObject({ fromRound: 1, toRound: 7 });
});

test("the next request goes out when the answer has led down, no sooner, and the timer of the first ends", () => {
  const { fetcher, ask } = asking();
  const first = ask(40);
  expect(ask(39)).toBeUndefined();
  fetcher.onFinished(first?.fetchId ?? 0);
  const effects = fetcher.pump(branchAt(24));
  expect(ofType(effects, "cancelTimer")).toEqual([{ type: "cancelTimer", id: `fetch:${first?.fetchId}` }]);
  expect(ofType(effects, "fetchRange")).toMatchObject([{ from: 3, fromRound: 9, toRound: 24 }]);
  expect(fetcher.owns(first?.fetchId ?? 0)).toBe(false);
});

test("what does not lead down costs a timeout; then another peer is asked for half as many rounds", () => {
  const { fetcher, ask } = asking();
  const asked: (readonly (number | null | undefined)[])[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    const request = ask(40);
    asked.push([request?.from, request?.fromRound, request?.toRound]);
    fetcher.onFinished(request?.fetchId ?? 0);
    expect(ask(40)).toBeUndefined();
    fetcher.onTimeout(request?.fetchId ?? 0);
  }
  expect(asked).toEqual([
    [3, 25, 40],
    [1, 33, 40],
    [2, 37, 40],
    [3, 39, 40],
    [1, 40, 40],
    [2, 40, 40],
  ]);
  const last = ask(40);
  fetcher.onFinished(last?.fetchId ?? 0);
  expect(ask(30)).toMatchObject({ fromRound: 15, toRound: 30 });
});

test("nothing is kept of a branch that is in; a late timer is nobody's", () => {
  const { fetcher, ask } = asking();
  const first = ask(40);
  fetcher.pump(new Map());
  expect(fetcher.isIdle).toBe(false);
  fetcher.onTimeout(first?.fetchId ?? 0);
  fetcher.pump(new Map());
  expect(fetcher.isIdle).toBe(true);
  fetcher.onTimeout(first?.fetchId ?? 0);
  expect(fetcher.owns(first?.fetchId ?? 0)).toBe(false);
});
