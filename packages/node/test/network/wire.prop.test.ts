// Frames survive the trip; anything else is refused without a throw.

import {
  type BlockDigest,
  type Digest,
  digestFromBytes,
  decodeSignedUpdate,
  portableCrypto,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  decodeBlocks,
  decodePayloadMessage,
  decodeRequest,
  decodeResponse,
  encodeBlockRequest,
  encodeBlocks,
  encodeChunk,
  encodeOffer,
  encodePayloadRequest,
  encodeResponse,
} from "../../src/network/wire.ts";
import { signedUpdate } from "./fixtures.ts";

const decodeUpdate = (bytes: Uint8Array): ReturnType<typeof decodeSignedUpdate> =>
  decodeSignedUpdate(bytes, portableCrypto.sha256);
const bytes = (constraints: fc.IntArrayConstraints): fc.Arbitrary<Uint8Array> => fc.uint8Array(constraints);
const hash = bytes({ minLength: 32, maxLength: 32 });
const digest: fc.Arbitrary<Digest> = hash.map((value) => digestFromBytes(value));
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const blocks = fc.array(bytes({ minLength: 1, maxLength: 50 }), { maxLength: 10 });
const chunk = fc.record({ root: digest, index: uint32, bytes: bytes({ maxLength: 100 }) });
const ref = fc.record({
  round: fc.maxSafeNat().map(round),
  author: uint32.map(validatorIndex),
  digest: hash.map((value) => digestFromBytes<BlockDigest>(value)),
});

it("every message survives the trip", () => {
  fc.assert(
    fc.property(blocks, chunk, fc.array(ref, { maxLength: 5 }), uint32, (list, piece, refs, count) => {
      expect(decodeBlocks(encodeBlocks(list))).toEqual({ ok: true, value: list });
      expect(decodePayloadMessage(encodeChunk(piece), decodeUpdate)).toEqual({
        ok: true,
        value: { type: "chunk", chunk: piece },
      });
      const byRefs = { type: "refs", refs } as const;
      expect(decodeRequest(encodeBlockRequest(byRefs))).toEqual({
        ok: true,
        value: { type: "blocks", request: byRefs },
      });
      const ofAuthor = {
        type: "roundsOf",
        author: validatorIndex(count),
        fromRound: round(1),
        toRound: round(9),
      } as const;
      expect(decodeRequest(encodeBlockRequest(ofAuthor))).toEqual({
        ok: true,
        value: { type: "blocks", request: ofAuthor },
      });
      const request = { root: piece.root, fromChunk: piece.index, count };
      expect(decodeRequest(encodePayloadRequest(request))).toEqual({ ok: true, value: { type: "payload", request } });
      const portion = { chunkHashes: list.map(() => new Uint8Array(32)), chunks: [piece] };
      for (const response of [
        { type: "blocks", blocks: list },
        { type: "payload", portion },
        { type: "empty" },
        { type: "busy" },
      ] as const) {
        expect(decodeResponse(encodeResponse(response))).toEqual({ ok: true, value: response });
      }
    }),
  );
});

it("an offer survives the trip, and one whose update is damaged is refused", () => {
  const offer = { update: signedUpdate(), chunkHashes: [new Uint8Array(32)] };
  const encoded = encodeOffer(offer);
  expect(decodePayloadMessage(encoded, decodeUpdate)).toEqual({ ok: true, value: { type: "offer", offer } });
  encoded[6] = 0xc1;
  expect(decodePayloadMessage(encoded, decodeUpdate).ok).toBe(false);
});

it("every truncation and every added byte is refused", () => {
  const samples: [(frame: Uint8Array) => { ok: boolean }, Uint8Array][] = [
    [decodeBlocks, encodeBlocks([Uint8Array.of(1, 2), Uint8Array.of(3)])],
    [decodeRequest, encodeBlockRequest({ type: "rounds", fromRound: round(1), toRound: round(9) })],
    [
      decodeRequest,
      encodeBlockRequest({ type: "roundsOf", author: validatorIndex(2), fromRound: round(1), toRound: round(9) }),
    ],
    [(frame) => decodePayloadMessage(frame, decodeUpdate), encodeOffer({ update: signedUpdate(), chunkHashes: [] })],
    [decodeResponse, encodeResponse({ type: "empty" })],
  ];
  for (const [decode, frame] of samples) {
    expect(decode(frame).ok).toBe(true);
    for (let length = 0; length < frame.length; length += 1) expect(decode(frame.subarray(0, length)).ok).toBe(false);
    expect(decode(Uint8Array.from([...frame, 0])).ok).toBe(false);
  }
});

it("arbitrary bytes never throw", () => {
  fc.assert(
    fc.property(bytes({ maxLength: 200 }), fc.integer({ min: 0, max: 11 }), (noise, kind) => {
      const frame = Uint8Array.of(kind, ...noise);
      decodeBlocks(frame);
      decodeRequest(frame);
      decodeResponse(frame);
      decodePayloadMessage(frame, decodeUpdate);
    }),
  );
});

it("a round range that runs backwards is refused", () => {
  const backwards = { fromRound: round(2), toRound: round(1) };
  for (const request of [
    { type: "rounds", ...backwards },
    { type: "roundsOf", author: validatorIndex(0), ...backwards },
  ] as const)
    expect(decodeRequest(encodeBlockRequest(request))).toMatchObject({ ok: false, error: { code: "FRAME_MALFORMED" } });
});
