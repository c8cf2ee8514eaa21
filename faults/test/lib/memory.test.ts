// What the soak takes for a leak, and what for none.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Checks } from "../../lib/fault.ts";
import { judgeMemory, slopeOf } from "../../lib/memory.ts";

const MIB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "selvedge-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Course {
  readonly hours?: number;
  /** Beyond those hours. */
  readonly samplesMore?: number;
  /** Live MiB outside the heap at an hour. */
  readonly outside: (hours: number, sample: number) => number;
  readonly anonymousMib?: number;
}

/** What is broken of a daemon that noted this, four times a minute. */
function broken({ hours = 2, samplesMore = 0, outside, anonymousMib = 200 }: Course): readonly string[] {
  const file = join(folder, "memory.csv");
  const lines = Array.from({ length: hours * 240 + samplesMore }, (_, sample) => {
    const atHours = sample / 240;
    const data = [50, outside(atHours, sample), anonymousMib + 400, atHours * 9, anonymousMib];
    return [atHours * 3600, ...data.map((mib) => mib * MIB)].map(Math.round).join(",");
  });
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
  const checks = new Checks();
  judgeMemory("v0", file, checks);
  return checks.verdicts.flatMap((verdict) => verdict.broken);
}

test("what grows by a MiB an hour in the second half is a leak, what grew before is none", () => {
  expect(broken({ outside: (hours) => 10 + hours })).toEqual(["v0 grows by 1.00 MiB/h"]);
  expect(broken({ outside: (hours) => 10 + 30 * Math.min(hours, 0.9) })).toEqual([]);
});

test("what comes and goes within a minute is none, however much it is", () => {
  expect(broken({ outside: (hours, sample) => (sample % 4 === 1 ? 10 : 10 + 20 * hours) })).toEqual([]);
});

test("the last minute counts if it is a whole one", () => {
  const outside = (_: number, sample: number): number => (sample % 4 === 2 ? 10 : 40);
  expect(broken({ samplesMore: 2, outside })).toEqual([]);
});

test("compiled code may grow", () => {
  expect(broken({ outside: () => 10 })).toEqual([]);
});

test("over less than half an hour growth is told and not judged", () => {
  expect(broken({ hours: 0.5, outside: (hours) => 10 + hours })).toEqual([]);
});

test("more than a node may have besides pages of files is broken, flat or not; and so is nothing noted", () => {
  expect(broken({ outside: () => 10, anonymousMib: 600 })).toEqual(["v0 had 600 MiB resident besides pages of files"]);
  expect(broken({ hours: 0, outside: () => 10 })).toEqual(["v0 noted nothing of its memory"]);
});

test("the slope of a line is its slope", () => {
  expect(
    slopeOf([
      [0, 3],
      [1, 5],
      [2, 7],
    ]),
  ).toBeCloseTo(2);
  expect(
    slopeOf([
      [0, 3],
      [1, 3],
    ]),
  ).toBe(0);
});
