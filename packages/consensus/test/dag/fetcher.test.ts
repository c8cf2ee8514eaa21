// Pull by digest (docs/protocol.md, D1): who is asked, in which order, how often, and how much on one author's word.

import { type BlockDigest, type BlockRef, digestFromBytes, round, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import type { Missing } from "../../src/dag/block-manager.ts";
import { Fetcher } from "../../src/dag/fetcher.ts";
import { refKey } from "../../src/dag/ref-key.ts";
import type { Effect } from "../../src/effect.ts";
import { ofType } from "../support/single-engine.ts";

const TIMEOUT_MS = 500;

function fetcherAmong(peers: readonly number[]): Fetcher {
  let last = 0;
  const setup = { peers: peers.map(validatorIndex), peerCount: peers.length, timeoutMs: TIMEOUT_MS };
  return new Fetcher(setup, () => (last += 1));
}

function missingBlock(
  number: number,
  { author = 3, sources = [1], claimants = [1] }: { author?: number; sources?: number[]; claimants?: number[] } = {},
): Missing {
  const digest = new Uint8Array(32);
  digest[0] = number & 0xff;
  digest[1] = number >> 8;
  const ref: BlockRef = {
    round: round(5),
    author: validatorIndex(author),
    digest: digestFromBytes<BlockDigest>(digest),
  };
  return {
    key: refKey(ref),
    ref,
    isNeededByNext: false,
    sources: sources.map(validatorIndex),
    claimants: claimants.map(validatorIndex),
  };
}

/** Whom the one missing block is asked of, turn after turn; the delays of the pauses between. */
function asked(fetcher: Fetcher, missing: Missing, pumps: number): { peers: unknown[]; pausesMs: number[] } {
  const peers: unknown[] = [];
  const pausesMs: number[] = [];
  for (let pump = 0; pump < pumps; pump += 1) {
    const { effects } = fetcher.pump([missing]);
    const [ask] = ofType(effects, "fetch");
    const [timer] = ofType(effects, "setTimer");
    if (ask === undefined) pausesMs.push(timer?.delayMs ?? Number.NaN);
    else peers.push(ask.from);
    finish(fetcher, effects);
  }
  return { peers, pausesMs };
}

function finish(fetcher: Fetcher, effects: readonly Effect[]): void {
  for (const { id } of ofType(effects, "setTimer")) fetcher.onTimeout(Number(id.slice("fetch:".length)));
}

test("the sender is asked first, then the author, then everybody else, once each", () => {
  const { peers } = asked(fetcherAmong([1, 2, 3, 4]), missingBlock(1, { author: 3, sources: [4] }), 4);
  expect(peers).toEqual([4, 3, 1, 2]);
});

test("one request of a block is under way at a time", () => {
  const fetcher = fetcherAmong([1, 2, 3]);
  expect(ofType(fetcher.pump([missingBlock(1)]).effects, "fetch")).toHaveLength(1);
  expect(fetcher.pump([missingBlock(1)]).effects).toEqual([]);
});

test("what nobody has is asked for ever less often, and never given up", () => {
  const { peers, pausesMs } = asked(fetcherAmong([1, 2]), missingBlock(1), 30);
  expect(pausesMs).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64, 64].map((factor) => factor * TIMEOUT_MS));
  expect(peers).toHaveLength(20);
});

test("that all were asked in vain is reported once a turn", () => {
  const fetcher = fetcherAmong([1]);
  const missing = missingBlock(1);
  finish(fetcher, fetcher.pump([missing]).effects);
  const { faults } = fetcher.pump([missing]);
  expect(faults).toEqual([{ type: "fetchExhausted", missing: missing.ref }]);
});

test("on one author's word only so many blocks are asked for at a time; another author has its own share", () => {
  const fetcher = fetcherAmong([1, 2, 3]);
  const flood = Array.from({ length: 100 }, (_, number) => missingBlock(number, { claimants: [1] }));
  const honest = missingBlock(1000, { claimants: [2] });
  const refs = ofType(fetcher.pump([...flood, honest]).effects, "fetch").flatMap((ask) => ask.refs);
  expect(refs).toHaveLength(12 + 1);
  expect(refs).toContain(honest.ref);
});

test("whoever names ever lower blocks gets no more asked for at a time, and the next ones once those are answered", () => {
  const fetcher = fetcherAmong([1, 2, 3]);
  const flood = Array.from({ length: 100 }, (_, number) => missingBlock(number, { claimants: [1] }));
  const effects = flood.flatMap((_, number) => fetcher.pump(flood.slice(-1 - number)).effects);
  expect(ofType(effects, "fetch").flatMap(({ refs }) => refs)).toHaveLength(12);
  finish(fetcher, effects);
  expect(ofType(fetcher.pump(flood).effects, "fetch").flatMap(({ refs }) => refs)).toEqual(
    flood.slice(0, 12).map(({ ref }) => ref),
  );
});

test("a block that several authors have named is charged to the one that has most left", () => {
  const fetcher = fetcherAmong([1, 2, 3]);
  const flood = Array.from({ length: 100 }, (_, number) => missingBlock(number, { claimants: [1] }));
  const shared = missingBlock(1000, { claimants: [1, 2] });
  const refs = ofType(fetcher.pump([...flood, shared]).effects, "fetch").flatMap((ask) => ask.refs);
  expect(refs).toContain(shared.ref);
});

test("when the first of an author's blocks have come, the next ones get their turn", () => {
  const fetcher = fetcherAmong([1, 2, 3]);
  const blocks = Array.from({ length: 20 }, (_, number) => missingBlock(number, { claimants: [1] }));
  fetcher.pump(blocks);
  const refs = ofType(fetcher.pump(blocks.slice(12)).effects, "fetch").flatMap((ask) => ask.refs);
  expect(refs).toEqual(blocks.slice(12).map(({ ref }) => ref));
});

test("who handed us the block does not answer for it: through a flooder an honest author's parents are asked for too", () => {
  const fetcher = fetcherAmong([1, 2, 3]);
  const flood = Array.from({ length: 100 }, (_, number) => missingBlock(number, { sources: [1], claimants: [1] }));
  const relayed = missingBlock(1000, { sources: [1], claimants: [2] });
  const refs = ofType(fetcher.pump([...flood, relayed]).effects, "fetch").flatMap((ask) => ask.refs);
  expect(refs).toContain(relayed.ref);
});
