// The field reader: each check refuses with its code, and the first fault is the one that is told.

import { describe, expect, test } from "vitest";
import { FieldReader } from "../../src/index.ts";

type Read = (fields: FieldReader) => unknown;

function outcomeOf(values: unknown, read: Read, fieldCount = 1): unknown {
  const fields = FieldReader.open(values, { name: "thing", fieldCount });
  const value = read(fields);
  const result = fields.finish(() => value);
  return result.ok ? result.value : result.error.code;
}

const range = { min: -1, max: 5 };
const entry = { name: "entries", fieldCount: 1, entriesMax: 2 };

describe("fields", () => {
  test.each<[string, unknown, Read, unknown]>([
    ["integer", 5, (fields) => fields.integer("x", range), 5],
    ["integer at its least", -1, (fields) => fields.integer("x", range), -1],
    ["integer above", 6, (fields) => fields.integer("x", range), "FIELD_OUT_OF_RANGE"],
    ["integer below", -2, (fields) => fields.integer("x", range), "FIELD_OUT_OF_RANGE"],
    ["integer of text", "5", (fields) => fields.integer("x", range), "FIELD_TYPE"],
    ["integer of nil", null, (fields) => fields.integer("x", range), "FIELD_TYPE"],
    ["bigint", 2n ** 40n, (fields) => fields.count("x"), 2 ** 40],
    ["bigint beyond safe", 2n ** 53n, (fields) => fields.count("x"), "FIELD_OUT_OF_RANGE"],
    ["negative bigint", -(2n ** 40n), (fields) => fields.count("x"), "FIELD_OUT_OF_RANGE"],
    ["null integer", null, (fields) => fields.integerOrNull("x", range), null],
    ["integer or null", 9, (fields) => fields.integerOrNull("x", range), "FIELD_OUT_OF_RANGE"],
    ["bytes", Uint8Array.of(1), (fields) => fields.bytes("x", 1), Uint8Array.of(1)],
    ["bytes too long", Uint8Array.of(1, 2), (fields) => fields.bytes("x", 1), "FIELD_LENGTH"],
    ["bytes too short", new Uint8Array(0), (fields) => fields.bytes("x", 1), "FIELD_LENGTH"],
    ["bytes of numbers", [1], (fields) => fields.bytes("x", 1), "FIELD_TYPE"],
    ["bytes up to", Uint8Array.of(1, 2), (fields) => fields.bytesUpTo("x", 1), "FIELD_LENGTH"],
    ["digest", new Uint8Array(32).fill(0xab), (fields) => fields.digest("x"), "ab".repeat(32)],
    ["digest too short", new Uint8Array(31), (fields) => fields.digest("x"), "FIELD_LENGTH"],
    ["digest of nil", null, (fields) => fields.digest("x"), "FIELD_TYPE"],
    ["digest or null", null, (fields) => fields.digestOrNull("x"), null],
    ["text", "é", (fields) => fields.text("x", 2), "é"],
    ["text counted in bytes", "é", (fields) => fields.text("x", 1), "FIELD_LENGTH"],
    ["text with a lone surrogate", "\ud800", (fields) => fields.text("x", 9), "FIELD_TYPE"],
    ["text of bytes", Uint8Array.of(97), (fields) => fields.text("x", 9), "FIELD_TYPE"],
    ["text or null", null, (fields) => fields.textOrNull("x", 9), null],
    ["choice", 1, (fields) => fields.choice("x", ["a", "b"], "a"), "b"],
    ["choice beyond", 2, (fields) => fields.choice("x", ["a", "b"], "a"), "FIELD_OUT_OF_RANGE"],
    ["record", [4], (fields) => fields.record({ name: "y", fieldCount: 1 }, (inner) => inner.count("z")), 4],
    ["record of another size", [4, 5], (fields) => fields.record(entry, (inner) => inner.count("z")), "FIELD_COUNT"],
    ["record or null", null, (fields) => fields.recordOrNull(entry, (inner) => inner.count("z")), null],
    [
      "fault inside a record",
      [-1],
      (fields) => fields.recordOrNull(entry, (inner) => inner.count("z")),
      "FIELD_OUT_OF_RANGE",
    ],
    ["records", [[1], [2]], (fields) => fields.records(entry, (inner) => inner.count("z")), [1, 2]],
    [
      "records too many",
      [[1], [2], [3]],
      (fields) => fields.records(entry, (inner) => inner.count("z")),
      "FIELD_OUT_OF_RANGE",
    ],
    ["records of no list", 1, (fields) => fields.records(entry, (inner) => inner.count("z")), "FIELD_TYPE"],
    ["a bad entry", [[1], 2], (fields) => fields.records(entry, (inner) => inner.count("z")), "FIELD_TYPE"],
    ["integer list", [1, 2], (fields) => fields.integerList("x", { entriesMax: 2, range }), [1, 2]],
    ["digest list", [new Uint8Array(32)], (fields) => fields.digestList("x", 1), ["00".repeat(32)]],
    ["digest list with a stray", [new Uint8Array(3)], (fields) => fields.digestList("x", 1), "FIELD_LENGTH"],
  ])("%s", (_, value, read, expected) => {
    expect(outcomeOf([value], read)).toEqual(expected);
  });

  test("a record has as many fields as it says", () => {
    expect(outcomeOf([1, 2], (fields) => fields.count("x"))).toBe("FIELD_COUNT");
    expect(outcomeOf([], (fields) => fields.count("x"))).toBe("FIELD_COUNT");
    expect(outcomeOf({ 0: 1, length: 1 }, (fields) => fields.count("x"))).toBe("FIELD_TYPE");
  });

  test("the first fault is told", () => {
    expect(outcomeOf([-1, "x"], (fields) => [fields.count("a"), fields.count("b")], 2)).toBe("FIELD_OUT_OF_RANGE");
  });

  test("bytes are copied out of the buffer they came in", () => {
    const received = Uint8Array.of(1, 2, 3);
    const fields = FieldReader.open([received.subarray(1)], { name: "thing", fieldCount: 1 });
    const bytes = fields.bytes("x", 2);
    received.fill(0);
    expect(bytes).toEqual(Uint8Array.of(2, 3));
    expect(bytes.buffer.byteLength).toBe(2);
  });
});
