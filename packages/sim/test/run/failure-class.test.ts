// Errors of one class are one defect: same code or name, thrown at the same place.

import { assert, mustExist } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { failureClassOf } from "../../src/run/failure-class.ts";

function classOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return failureClassOf(error);
  }
  return "nothing was thrown";
}

const boom = (round: number): never => {
  throw new RangeError(`round ${round}\n    is too far`);
};

test("an error is told by its name and its place, not by its message", () => {
  expect(classOf(() => boom(1))).toMatch(/^exception RangeError at sim\/test\/run\/failure-class\.test\.ts:\d+$/u);
  expect(classOf(() => boom(2))).toBe(classOf(() => boom(1)));
});

test("another place and another name are another class", () => {
  const classes = [
    () => boom(1),
    () => mustExist(undefined, "a block"),
    () => mustExist(undefined, "a block"),
    () => assert(false, "a bound"),
    () => JSON.parse("{"),
  ].map((run) => classOf(run));
  expect(new Set(classes).size).toBe(classes.length);
  for (const name of classes) expect(name).toContain("at sim/test/run/failure-class.test.ts:");
  expect(classes[1]).toContain("INVARIANT_VIOLATED");
});

test("what is no error, or has no stack, has a class all the same", () => {
  expect(failureClassOf("boo")).toBe("exception");
  const bare = Object.assign(new Error("x"), { name: "a\nname", stack: undefined });
  expect(failureClassOf(bare)).toBe("exception Error");
  const elsewhere = Object.assign(new Error("x"), { stack: "Error: x\n    at look (file:///home/me/mine.mjs:3:7)" });
  expect(failureClassOf(elsewhere)).toBe("exception Error at mine.mjs:3");
});
