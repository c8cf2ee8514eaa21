// Branded ids: each constructor lets in its range and asserts the rest.

import { describe, expect, test } from "vitest";
import {
  SCORE_MAX,
  coinIndex,
  commitIndex,
  compareDigests,
  compareRefs,
  epoch,
  isCount,
  isModelId,
  isScore,
  modelId,
  round,
  score,
  sequenceNumber,
  slotName,
  validatorIndex,
  versionNumber,
} from "../src/index.ts";
import { refAt } from "./codec/block-fixture.ts";

describe("counts", () => {
  test.each([
    ["round", round],
    ["epoch", epoch],
    ["validatorIndex", validatorIndex],
    ["commitIndex", commitIndex],
    ["coinIndex", coinIndex],
    ["versionNumber", versionNumber],
    ["sequenceNumber", sequenceNumber],
  ])("a %s is a non-negative safe integer", (_, make: (value: number) => number) => {
    expect([make(0), make(Number.MAX_SAFE_INTEGER)]).toEqual([0, Number.MAX_SAFE_INTEGER]);
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => make(value)).toThrow(/safe integer/);
      expect(isCount(value)).toBe(false);
    }
  });
});

describe("scores and names", () => {
  test("a score lies within SCORE_MAX on both sides", () => {
    expect([score(SCORE_MAX), score(-SCORE_MAX)]).toEqual([SCORE_MAX, -SCORE_MAX]);
    for (const value of [SCORE_MAX + 1, -SCORE_MAX - 1, 0.5]) expect(() => score(value)).toThrow(/SCORE_MAX/);
    expect(isScore("1")).toBe(false);
  });
  test("a model id is a slug", () => {
    for (const name of ["a", "digits", "a.b-c_9", "0".repeat(64)]) expect(modelId(name)).toBe(name);
    for (const name of ["", "A", ".a", "a/b", "a b", "é", "0".repeat(65), "a\n"]) {
      expect(isModelId(name)).toBe(false);
      expect(() => modelId(name)).toThrow(/slug/);
    }
  });
});

test("references are ordered by round, author, digest", () => {
  const refs = [refAt(2, 0), refAt(1, 3), refAt(1, 1)];
  expect(refs.toSorted(compareRefs).map((ref) => `${ref.round}/${ref.author}`)).toEqual(["1/1", "1/3", "2/0"]);
  expect([compareDigests("a", "b"), compareDigests("b", "a"), compareDigests("a", "a")]).toEqual([-1, 1, 0]);
});

test("a slot is called by its kind and number", () => {
  expect([slotName({ kind: "P", number: 13 }), slotName({ kind: "C", number: 1 })]).toEqual(["P13", "C1"]);
});
