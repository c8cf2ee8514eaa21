// §11: a marker counts once all of its parts are output, in whatever order; nothing else that a validator may put into a
// control entry changes what is counted.

import { describe, expect, test } from "vitest";
import {
  type AuthorMarkers,
  BLOCK_MAX_BYTES,
  CONTROL_PAYLOAD_MAX_BYTES,
  type ControlEntry,
  END_MARKER_KIND,
  END_MARKER_PARTS_MAX,
  END_MARKER_STRANDS_MAX,
  EndMarkerTally,
  FieldReader,
  type SignedUpdate,
  buildEndMarker,
  decode,
  decodeEndMarkerPart,
  encode,
  encodeEndMarkerPart,
  endMarkerPartDigest,
  endMarkersWire,
  mustExist,
  readEndMarkers,
  updateKeyOf,
  validatorIndex,
  zeroDigest,
} from "../src/index.ts";
import { EMPTY_BODY } from "../src/testing/index.ts";
import { four, makeUpdate, refAt, sha256 } from "./codec/block-fixture.ts";
import {
  expectBitFlipsSeen,
  expectOversizeRefused,
  expectTrailingByteRefused,
  expectTruncationsRefused,
} from "./codec/codec-laws.ts";

const { committee, chainId, crypto } = four;
const decodePart = (bytes: Uint8Array) => decodeEndMarkerPart(bytes, sha256);

function updates(count: number): readonly SignedUpdate[] {
  return Array.from({ length: count }, (_, index) => makeUpdate({ sampleCount: 1 + index }));
}

function markerOf(listed: readonly SignedUpdate[]): readonly ControlEntry[] {
  return mustExist(buildEndMarker(listed, sha256), "the marker is not too long");
}

function tally(markers?: readonly AuthorMarkers[]): EndMarkerTally {
  return new EndMarkerTally({ chainId, committee, crypto, keepsUpdates: true }, markers);
}

function output(counted: EndMarkerTally, author: number, control: readonly ControlEntry[]): void {
  counted.onOutput([{ ref: refAt(3, author), body: { ...EMPTY_BODY, control } }]);
}

const thirty = updates(30);
const long = markerOf(thirty);

describe("a part", () => {
  const bytes = encodeEndMarkerPart({ previous: null, isLast: true, updates: thirty.slice(0, 2) });

  test("comes back as it was, and keeps the laws of every codec", () => {
    const decoded = decodePart(bytes);
    expect(decoded.ok && decoded.value).toEqual({ previous: null, isLast: true, updates: thirty.slice(0, 2) });
    expectTruncationsRefused(bytes, decodePart);
    expectTrailingByteRefused(bytes, decodePart);
    expectBitFlipsSeen(bytes, decodePart);
    expectOversizeRefused(CONTROL_PAYLOAD_MAX_BYTES, decodePart);
  });

  test("fits a control entry, however many headers are listed, and all are", () => {
    expect(long.length).toBeGreaterThan(2);
    for (const { payload } of long) expect(payload.length).toBeLessThanOrEqual(CONTROL_PAYLOAD_MAX_BYTES);
    const listed = long.flatMap(({ payload }) => {
      const part = decodePart(payload);
      return part.ok ? part.value.updates.map(({ digest }) => digest) : [];
    });
    expect(listed).toEqual(thirty.map(({ digest }) => digest).toSorted((left, right) => (left < right ? -1 : 1)));
  });

  test("is one of at most END_MARKER_PARTS_MAX", () => {
    const [update] = thirty;
    const many = Array.from({ length: 16 * END_MARKER_PARTS_MAX }, () => mustExist(update, "there is one"));
    expect(buildEndMarker(many, sha256)).toBeUndefined();
    expect(END_MARKER_PARTS_MAX * CONTROL_PAYLOAD_MAX_BYTES).toBeGreaterThan(BLOCK_MAX_BYTES);
  });
});

describe("a marker counts", () => {
  test("once all of its parts are output, in any order", () => {
    const orders = [
      long,
      long.toReversed(),
      [...long.slice(1), ...long.slice(0, 1)],
      [...long.slice(2), ...long.slice(0, 2)],
    ];
    for (const order of orders) {
      const counted = tally();
      for (const part of order.slice(0, -1)) output(counted, 1, [part]);
      expect(counted.isCounted(validatorIndex(1))).toBe(false);
      expect(counted.listedUpdates).toEqual([]);
      output(counted, 1, order.slice(-1));
      expect(counted.isCounted(validatorIndex(1))).toBe(true);
      expect(counted.listedUpdates.map(({ update }) => update).sort((left, right) => (left < right ? -1 : 1))).toEqual(
        thirty.map(({ digest }) => digest).sort((left, right) => (left < right ? -1 : 1)),
      );
    }
  });

  test("with the keys of what it lists", () => {
    const counted = tally();
    const [update] = thirty.map((listed) => listed);
    output(counted, 0, markerOf(thirty.slice(0, 1)));
    expect(counted.listedUpdates).toEqual([
      { key: updateKeyOf(mustExist(update, "listed").header), update: update?.digest },
    ]);
  });

  test("for its author alone, and the epoch ends at stake Q", () => {
    const counted = tally();
    for (const [author, stake] of [
      [0, 1],
      [0, 1],
      [2, 2],
      [3, 3],
    ] as const) {
      expect(counted.hasQuorum).toBe(false);
      output(counted, author, markerOf([]));
      expect(counted.stake).toBe(stake);
    }
    expect(counted.hasQuorum).toBe(true);
  });

  test("not by parts that two authors share", () => {
    const counted = tally();
    output(counted, 0, long.slice(0, 1));
    output(counted, 1, long.slice(1));
    expect(counted.stake).toBe(0);
  });

  test("not while one part is missing, whatever is repeated", () => {
    const counted = tally();
    for (let turn = 0; turn < 3; turn += 1) output(counted, 0, [...long.slice(0, 1), ...long.slice(2)]);
    expect(counted.stake).toBe(0);
    output(counted, 0, long.slice(1, 2));
    expect(counted.stake).toBe(1);
  });

  test("made anew after a crash that lost the rest of the first", () => {
    const counted = tally();
    output(counted, 0, long.slice(0, 2));
    output(counted, 0, markerOf(thirty.slice(0, 20)));
    expect(counted.isCounted(validatorIndex(0))).toBe(true);
    expect(counted.listedUpdates).toHaveLength(20);
  });

  test("the first of two that contradict each other", () => {
    const counted = tally();
    output(counted, 0, markerOf(thirty.slice(0, 1)));
    output(counted, 0, markerOf(thirty.slice(1, 3)));
    expect(counted.listedUpdates.map(({ update }) => update)).toEqual([thirty[0]?.digest]);
  });
});

describe("ignored", () => {
  const forged = { ...mustExist(thirty[0], "there is one"), signature: new Uint8Array(64) };
  const foreign = makeUpdate({ chainId: zeroDigest() });
  const cases: Readonly<Record<string, readonly ControlEntry[]>> = {
    "bytes that are no part": [{ kind: END_MARKER_KIND, payload: Uint8Array.of(1, 2, 3) }],
    "an entry of another kind": markerOf([]).map(({ payload }) => ({ kind: 2, payload })),
    "a header that its device did not sign": markerOf([forged]),
    "a header of another chain": markerOf([foreign]),
    "a part that names itself nowhere": long.slice(1),
  };
  for (const [what, control] of Object.entries(cases)) {
    test(what, () => {
      const counted = tally();
      output(counted, 0, control);
      expect(counted.stake).toBe(0);
      output(counted, 0, markerOf([]));
      expect(counted.stake).toBe(1);
    });
  }

  test("more strands than END_MARKER_STRANDS_MAX: the tally stays small, and a whole marker still counts", () => {
    const counted = tally();
    const [update] = thirty;
    for (let turn = 0; turn < 3 * END_MARKER_STRANDS_MAX; turn += 1) {
      const previous = endMarkerPartDigest(Uint8Array.of(turn), sha256);
      const part = { previous, isLast: false, updates: [mustExist(update, "there is one")] };
      output(counted, 0, [{ kind: END_MARKER_KIND, payload: encodeEndMarkerPart(part) }]);
    }
    expect(counted.state[0]?.strands).toHaveLength(END_MARKER_STRANDS_MAX);
    output(counted, 0, long);
    expect(counted.stake).toBe(1);
  });

  test("a marker of more parts than END_MARKER_PARTS_MAX", () => {
    const counted = tally();
    let previous = null;
    for (let turn = 0; turn <= END_MARKER_PARTS_MAX; turn += 1) {
      const payload: Uint8Array = encodeEndMarkerPart({ previous, isLast: turn === END_MARKER_PARTS_MAX, updates: [] });
      output(counted, 0, [{ kind: END_MARKER_KIND, payload }]);
      previous = endMarkerPartDigest(payload, sha256);
    }
    expect(counted.stake).toBe(0);
    expect(counted.state[0]?.strands.length).toBeLessThanOrEqual(1);
  });
});

test("a tally goes on from its state, which comes back from its bytes", () => {
  for (let cut = 0; cut <= long.length; cut += 1) {
    const first = tally();
    output(first, 2, long.slice(0, cut));
    output(first, 0, markerOf(thirty.slice(3, 5)));
    const wire = decode(encode([endMarkersWire(first.state)]), { bytesMax: BLOCK_MAX_BYTES });
    const fields = FieldReader.open(wire.ok ? wire.value : null, { name: "test", fieldCount: 1 });
    const read = readEndMarkers(fields);
    const state = fields.finish(() => read);
    expect(state.ok && state.value).toEqual(first.state);
    const second = tally(state.ok ? state.value : []);
    for (const counted of [first, second]) output(counted, 2, long.slice(cut));
    expect(second.state).toEqual(first.state);
    expect(second.stake).toBe(2);
  }
});
