// The fetch of one author's blocks by rounds (docs/protocol.md, D1): one request at a time, from the bottom up.

import { validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { AuthorFetcher, type AuthorGap } from "../../src/dag/author-fetcher.ts";
import { type EffectOf, ofType } from "../support/single-engine.ts";

const PEERS = [1, 2, 3].map((peer) => validatorIndex(peer));

interface Asking {
  readonly fetcher: AuthorFetcher;
  readonly ask: (gap?: Partial<AuthorGap>) => EffectOf<"fetchRange"> | undefined;
}

function asking(): Asking {
  let last = 0;
  const fetcher = new AuthorFetcher({ peers: PEERS, timeoutMs: 500, roundsMax: 10 }, () => (last += 1));
  const ofThree: AuthorGap = { author: validatorIndex(3), newestRound: 7, missingRound: 40, sources: [] };
  return { fetcher, ask: (gap = {}) => ofType(fetcher.pump([{ ...ofThree, ...gap }]), "fetchRange")[0] };
}

test("blocks of the author alone are asked for, from the round after its newest, of whoever handed us what needs them", () => {
  const { fetcher, ask } = asking();
  const first = ask({ sources: [validatorIndex(2)] });
  expect(first).toMatchObject({ from: 2, author: 3, fromRound: 8, toRound: 17 });
  expect(fetcher.owns(first?.fetchId ?? 0)).toBe(true);
  expect(ask()).toBeUndefined();
  expect(asking().ask({ missingRound: 9 })).toMatchObject({ from: 3, fromRound: 8, toRound: 9 });
});

test("the next request goes out when the answer is there and its blocks are in, no sooner", () => {
  const { fetcher, ask } = asking();
  const first = ask();
  expect(ask({ newestRound: 9 })).toBeUndefined();
  fetcher.onFinished(first?.fetchId ?? 0);
  expect(ask({ newestRound: 9 })).toBeUndefined();
  const effects = fetcher.pump([{ author: validatorIndex(3), newestRound: 17, missingRound: 40, sources: [] }]);
  expect(ofType(effects, "cancelTimer")).toEqual([{ type: "cancelTimer", id: `fetch:${first?.fetchId}` }]);
  expect(ofType(effects, "fetchRange")).toMatchObject([{ from: 3, fromRound: 18, toRound: 27 }]);
  expect(fetcher.owns(first?.fetchId ?? 0)).toBe(false);
});

test("rounds in which nobody brings anything are passed over at the pace of timeouts, then the next peer is asked", () => {
  const { fetcher, ask } = asking();
  const asked: (readonly (number | null | undefined)[])[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    const request = ask({ missingRound: 25 });
    asked.push([request?.from, request?.fromRound, request?.toRound]);
    fetcher.onFinished(request?.fetchId ?? 0);
    expect(ask({ missingRound: 25 })).toBeUndefined();
    fetcher.onTimeout(request?.fetchId ?? 0);
  }
  expect(asked).toEqual([
    [3, 8, 17],
    [3, 18, 25],
    [1, 8, 17],
    [1, 18, 25],
    [2, 8, 17],
  ]);
});

test("a gap that is closed is asked about no more, and one that comes and goes has one request all the same", () => {
  const { fetcher, ask } = asking();
  const first = ask();
  expect(fetcher.pump([])).toEqual([]);
  expect(ask()).toBeUndefined();
  fetcher.onTimeout(first?.fetchId ?? 0);
  expect(fetcher.pump([])).toEqual([]);
  expect(ask({ newestRound: 20 })).toMatchObject({ from: 3, fromRound: 21, toRound: 30 });
});
