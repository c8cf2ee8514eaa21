// The checks that decide the exit code: all hold for a good run, and each fails for the one thing that it watches.

import { describe, expect, test } from "vitest";
import type { HomeInspection } from "../../src/demo/inspect-home.ts";
import { type Findings, checksOf } from "../../src/demo/outcome.ts";
import { killSchedule, planOf } from "../../src/demo/plan.ts";
import { poisonerFigures } from "../../src/demo/poisoner.ts";
import { Tally } from "../../src/demo/tally.ts";
import { POISONER_DEVICE } from "../../src/training/defaults.ts";

const DIGESTS = ["v0", "v1", "v2"];

function inspection(validator: number, more: Partial<HomeInspection> = {}): HomeInspection {
  const stateRoots = new Map([[9, "root 9"], ...(validator === 0 ? [[10, "root 10"] as const] : [])]);
  return {
    validator,
    verifiedVersion: 2,
    digests: DIGESTS,
    finding: null,
    executedIndex: validator === 0 ? 10 : 9,
    stateRoots,
    ...more,
  };
}

const poisoned = { device: POISONER_DEVICE, staleness: 0, norm: 30, scale: 0.1, weightShare: 0.25 };
const honest = { device: 0, staleness: 0, norm: 3, scale: 1, weightShare: 0.75 };
const version = (updates: readonly (typeof honest)[]): Parameters<typeof poisonerFigures>[0][number] => ({
  version: 1,
  digest: "v1",
  commitIndex: 5,
  weightsRoot: "w",
  updates,
});

const GOOD: Findings = {
  versions: 2,
  accuracy: 0.9,
  accuracyOfVersion: 0.84,
  accuracyMin: 0.85,
  inspections: [0, 1, 2, 3].map((validator) => inspection(validator)),
  reference: { isIdentical: true, weightsRoot: "00", finding: null },
  poisoner: poisonerFigures([version([honest, poisoned])]),
  absentee: { certifiedUpdates: 1, appliedUpdates: 0 },
  killed: { validator: 3, killedAtVersion: 1, restartedAtVersion: 2, caughtUpAfterMs: 900 },
  accuracyWithoutClipping: 0.1,
};

function failedNames(change: Partial<Findings>): readonly string[] {
  return checksOf({ ...GOOD, ...change })
    .filter(({ isHeld }) => !isHeld)
    .map(({ name }) => name);
}

describe("what a demonstration has to show", () => {
  test("holds for a good run, whatever the validators executed beyond the last common commit", () => {
    expect(failedNames({})).toEqual([]);
  });

  test.each<[string, Partial<Findings>]>([
    ["the model reads digits", { accuracy: 0.849 }],
    [
      "every lineage replays bit for bit",
      { inspections: [...GOOD.inspections.slice(1), inspection(0, { finding: "version 1 record: damaged" })] },
    ],
    [
      "every lineage replays bit for bit",
      { inspections: [...GOOD.inspections.slice(1), inspection(0, { verifiedVersion: 1 })] },
    ],
    [
      "every lineage replays bit for bit",
      { inspections: [...GOOD.inspections.slice(1), inspection(0, { digests: ["v0", "v1", "other"] })] },
    ],
    [
      "all validators hold the same state",
      { inspections: [...GOOD.inspections.slice(1), inspection(0, { stateRoots: new Map([[9, "other"]]) })] },
    ],
    [
      "all validators hold the same state",
      { inspections: [...GOOD.inspections.slice(1), inspection(0, { executedIndex: 0, stateRoots: new Map() })] },
    ],
    ["a single process gets identical weights", { reference: { ...GOOD.reference, isIdentical: false } }],
    ["the poisoner got in and was clipped", { poisoner: poisonerFigures([version([honest])]) }],
    [
      "the poisoner got in and was clipped",
      { poisoner: poisonerFigures([version([honest, { ...poisoned, scale: 1 }])]) },
    ],
    ["the mostly offline device took part", { absentee: { certifiedUpdates: 0, appliedUpdates: 0 } }],
    ["the killed validator came back", { killed: null }],
    [
      "the killed validator came back",
      { killed: { validator: 3, killedAtVersion: 1, restartedAtVersion: 2, caughtUpAfterMs: null } },
    ],
  ])("fails: %s", (name, change) => {
    expect(failedNames(change)).toEqual([name]);
  });
});

test("the poisoner's push is its share of the weighted lengths, with clipping and without", () => {
  const { pushShareClipped, pushShareUnclipped, versionsWithIt, versions } = poisonerFigures([
    version([honest, poisoned]),
    version([honest]),
  ]);
  expect(pushShareClipped).toBeCloseTo(0.25, 10);
  expect(pushShareUnclipped).toBeCloseTo(10 / 13, 10);
  expect([versionsWithIt, versions]).toEqual([1, 2]);
});

test("the validator is killed half-way and comes back before the last version, however few there are", () => {
  expect(killSchedule(20)).toEqual({ killAt: 10, restartAt: 12 });
  for (let versions = 2; versions <= 40; versions += 1) {
    const { killAt, restartAt } = killSchedule(versions);
    expect(killAt).toBeGreaterThanOrEqual(1);
    expect(restartAt).toBeGreaterThanOrEqual(killAt);
    expect(restartAt).toBeLessThan(versions);
  }
});

test("a run of the default length is asked for the full accuracy, a shorter one for its part, a longer one for no more", () => {
  const asked = (versions: number | null, dataFolder: string | null): number =>
    planOf({ seed: "1", dataFolder, versions }).accuracyMin;
  expect(asked(null, null)).toBeCloseTo(0.85, 10);
  expect(asked(null, "mnist")).toBeCloseTo(0.9, 10);
  expect(asked(4, null)).toBeCloseTo(0.25, 10);
  expect(asked(100, null)).toBeCloseTo(0.85, 10);
});

test("an update that several validators report is counted once", () => {
  const tally = new Tally();
  for (const validator of [0, 1, 2]) {
    tally.onEvent({ topic: "update", data: { update: "a", state: "certified" } });
    tally.onEvent({ topic: "update", data: { update: "b", state: "refused", code: "UPDATE_TOO_STALE" } });
    tally.onEvent({ topic: "commit", data: { ownLatencyMs: 10 * (validator + 1) } });
  }
  expect([tally.certifiedCount, tally.refusedByReason]).toEqual([1, { UPDATE_TOO_STALE: 1 }]);
  expect(tally.takeLatencies()).toEqual({ commitP50Ms: 20, receiptP50Ms: null });
  expect(tally.takeLatencies()).toEqual({ commitP50Ms: null, receiptP50Ms: null });
});
