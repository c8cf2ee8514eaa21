// Questions about the chain and their answers survive the trip; an answer that does not fit its question is refused.

import { commitIndex, round, validatorIndex } from "@selvedge/integrity";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  COMMITS_PER_RESPONSE_MAX,
  STATE_PORTION_MAX_BYTES,
  STATE_TRANSFER_MAX_BYTES,
} from "../../src/network/limits.ts";
import type { ChainAnswer, ChainRequest, StatePart } from "../../src/network/transport.ts";
import { answersChain, encodeChainRequest } from "../../src/network/wire-chain.ts";
import { decodeRequest, decodeResponse, encodeResponse } from "../../src/network/wire.ts";

const index = fc.maxSafeNat().map(commitIndex);
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
const lists = fc.array(bytes, { maxLength: 6 });
const kind = fc.constantFrom<StatePart>("snapshot", "manifest", "consensus");

const requests: fc.Arbitrary<ChainRequest> = fc.oneof(
  fc.record({ type: fc.constant("commits" as const), fromIndex: index, count: uint32.filter((count) => count > 0) }),
  fc.record({ type: fc.constant("checkpoint" as const), index: fc.option(index) }),
  fc.record({ type: fc.constant("state" as const), index: fc.option(index), kind, fromByte: fc.maxSafeNat() }),
  fc.record({ type: fc.constant("newestBlockOf" as const), author: uint32.map(validatorIndex) }),
  fc.record({ type: fc.constant("epochs" as const), fromEpoch: fc.maxSafeNat() }),
);

const answers: fc.Arbitrary<ChainAnswer> = fc.oneof(
  fc.record({ type: fc.constant("commits" as const), commits: lists }),
  fc.record({ type: fc.constant("checkpoint" as const), certificate: fc.option(bytes) }),
  fc.record({ type: fc.constant("state" as const), index, totalBytes: fc.maxSafeNat(), bytes }),
  fc.record({
    type: fc.constant("newestBlockOf" as const),
    block: fc.option(bytes),
    highestRoundSeen: fc.maxSafeNat().map(round),
  }),
  fc.record({ type: fc.constant("epochs" as const), records: lists }),
);

it("every question and every answer survives the trip", () => {
  fc.assert(
    fc.property(requests, answers, (request, answer) => {
      expect(decodeRequest(encodeChainRequest(request))).toEqual({ ok: true, value: { type: "chain", request } });
      const response = { type: "chain", answer } as const;
      expect(decodeResponse(encodeResponse(response))).toEqual({ ok: true, value: response });
    }),
  );
});

it("every truncation and every added byte is refused", () => {
  fc.assert(
    fc.property(requests, answers, (request, answer) => {
      const frames = [encodeChainRequest(request), encodeResponse({ type: "chain", answer })] as const;
      const decoders = [decodeRequest, decodeResponse] as const;
      for (const [position, decode] of decoders.entries()) {
        const frame = frames[position] ?? new Uint8Array(0);
        for (let length = 0; length < frame.length; length += 1) expect(decode(frame.slice(0, length)).ok).toBe(false);
        expect(decode(Uint8Array.from([...frame, 0])).ok).toBe(false);
      }
    }),
    { numRuns: 30 },
  );
});

it("arbitrary bytes after a kind of ours never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.integer({ min: 6, max: 11 }), (noise, ofKind) => {
      const frame = Uint8Array.of(ofKind, ...noise);
      decodeRequest(frame);
      decodeResponse(frame);
    }),
  );
});

it("a list that claims more than its bound is refused before it is read", () => {
  const frame = new Uint8Array(5);
  new DataView(frame.buffer).setUint32(1, COMMITS_PER_RESPONSE_MAX + 1);
  for (const ofKind of [6, 10]) {
    frame[0] = ofKind;
    expect(decodeResponse(frame)).toMatchObject({ ok: false, error: { code: "FRAME_MALFORMED" } });
  }
});

it("a request for no commits, of an unknown part of the state or with a third presence is refused", () => {
  const commits = encodeChainRequest({ type: "commits", fromIndex: commitIndex(1), count: 1 });
  expect(decodeRequest(commits.with(commits.length - 1, 0)).ok).toBe(false);
  const state = encodeChainRequest({ type: "state", index: null, kind: "snapshot", fromByte: 0 });
  expect(decodeRequest(state.with(2, 3)).ok).toBe(false);
  expect(decodeRequest(state.with(1, 2)).ok).toBe(false);
});

it("an answer within its question is taken, and any other one is named", () => {
  const request = { type: "commits", fromIndex: commitIndex(5), count: 2 } as const;
  const commits = (count: number): ChainAnswer => ({
    type: "commits",
    commits: Array.from({ length: count }, () => Uint8Array.of(1)),
  });
  expect(answersChain(request, commits(2))).toBeUndefined();
  expect(answersChain(request, commits(0))).toBeUndefined();
  expect(answersChain(request, commits(3))).toBeDefined();
  expect(answersChain(request, { type: "commits", commits: [new Uint8Array(0)] })).toBeDefined();
  expect(answersChain(request, { type: "epochs", records: [] })).toBeDefined();
});

it("a portion of state is of the commit asked for, moves on and ends where it says", () => {
  const request = { type: "state", index: commitIndex(9), kind: "snapshot", fromByte: 10 } as const;
  const portion = (length: number, totalBytes: number, at: number = 9): ChainAnswer => ({
    type: "state",
    index: commitIndex(at),
    totalBytes,
    bytes: new Uint8Array(length),
  });
  expect(answersChain(request, portion(5, 15))).toBeUndefined();
  expect(answersChain(request, portion(5, 16))).toBeUndefined();
  expect(answersChain({ ...request, index: null }, portion(5, 15, 3))).toBeUndefined();
  for (const bad of [portion(5, 14), portion(0, 11), portion(5, 15, 8), portion(1, STATE_TRANSFER_MAX_BYTES + 1)])
    expect(answersChain(request, bad)).toBeDefined();
  const oversize = encodeResponse({ type: "chain", answer: portion(STATE_PORTION_MAX_BYTES + 1, 2 ** 30) });
  expect(decodeResponse(oversize).ok).toBe(false);
});
