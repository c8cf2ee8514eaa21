// The seeded defects still fit the sources, and a few of them are put in and noticed. The whole score is run-mutants.ts'.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { MUTANTS } from "./all-mutants.ts";
import { BATTERY } from "./battery.ts";
import { LATER_MUTANTS } from "./later-mutants.ts";
import type { ChildRun } from "./mutant-child.ts";
import type { Mutant } from "./mutant.ts";
import { PACKAGES, occurrences, patched } from "./patch.ts";

const CHILD = fileURLToPath(new URL("mutant-child.ts", import.meta.url));

/** One of each kind: a checker of order, one of blocks, one of updates, and one of liveness notices. */
const SAMPLE: readonly (readonly [mutant: string, scenario: string, verdict: string])[] = [
  ["order-by-arrival", "halves", "UNSAFE"],
  ["p3-unchecked", "wrong-parents", "UNSAFE"],
  ["certified-f-plus-1", "signed-twice", "UNSAFE"],
  ["parked-for-ever", "lossy", "STALLED"],
];

function runsOf(mutant: string, scenarios: string): readonly ChildRun[] {
  const args = ["--disable-warning=ExperimentalWarning", CHILD, mutant, "any", scenarios];
  const lines = execFileSync(process.execPath, args, { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.startsWith("{")).map((line): ChildRun => JSON.parse(line));
}

/** A name may be put together from a table's row. */
function isStated(law: string, text: string): boolean {
  return text.includes(law) || text.includes(law.split(" ").slice(0, 4).join(" "));
}

describe("seeded defects", () => {
  const all: readonly Mutant[] = [...MUTANTS, ...LATER_MUTANTS];

  test("are at least 36, and 20 of what came later, each with a name of its own", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(36);
    expect(LATER_MUTANTS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(BATTERY.map(({ scenario }) => scenario.name)).size).toBe(BATTERY.length);
  });

  test.each(all.map((mutant) => [mutant.id, mutant] as const))("%s fits its file exactly once", (_, mutant) => {
    const source = readFileSync(new URL(mutant.file, PACKAGES), "utf8");
    expect(occurrences(mutant, source)).toBe(1);
    expect(patched(mutant, source)).not.toBe(source);
    expect(() => patched(mutant, `${source}${mutant.find}`)).toThrow(/stands 2 times/);
  });

  test.each(LATER_MUTANTS.map((mutant) => [mutant.id, mutant] as const))("%s has laws that are stated", (_, mutant) => {
    expect(mutant.laws.length).toBeGreaterThan(0);
    const texts = mutant.laws.map((suite) => readFileSync(new URL(suite, PACKAGES), "utf8"));
    if (mutant.only !== undefined) expect(texts.some((text) => isStated(mutant.only ?? "", text))).toBe(true);
  });

  test.each(SAMPLE)("%s is noticed by %s as %s", (mutant, scenario, verdict) => {
    expect(runsOf(mutant, scenario).map((run) => run.verdict)).toEqual([verdict]);
  });

  test("the product itself is not noticed by the scenarios of the sample", () => {
    const names = [...new Set(SAMPLE.map(([, scenario]) => scenario))];
    expect(runsOf("none", names.join()).map(({ verdict }) => verdict)).toEqual(names.map(() => "PASS"));
  });
});
