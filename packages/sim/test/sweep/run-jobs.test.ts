// Experiments need all results, in order, and the same ones whether they were computed at once or in several goes.

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BUILTIN_SCENARIOS } from "../../src/scenario/builtin/registry.ts";
import { JobPool } from "../../src/sweep/job-pool.ts";
import { ResultStore } from "../../src/sweep/result-store.ts";
import { type JobRequest, runAllJobs } from "../../src/sweep/run-jobs.ts";
import { SEED } from "./made-up-runner.ts";

const newPool = (): JobPool => new JobPool({ workers: 2, runner: new URL("made-up-runner.ts", import.meta.url).href });

function requests(...seeds: readonly number[]): readonly JobRequest[] {
  const scenario = BUILTIN_SCENARIOS["good-wan"]?.scenario;
  if (scenario === undefined) throw new Error("no base");
  return seeds.map((seed) => ({ scenario: { ...scenario, seed }, keepLatencies: false }));
}

function means(pool: JobPool, store: ResultStore | null) {
  const done = { count: 0 };
  const signal = new AbortController().signal;
  return { pool, store, signal, onDone: () => void (done.count += 1), note: () => undefined, done };
}

describe("all jobs", () => {
  test("results are in the order of the requests, and the same from a store as from a single go", async () => {
    await using pool = newPool();
    const store = new ResultStore(mkdtempSync(join(tmpdir(), "selvedge-jobs-")));
    const atOnce = await runAllJobs(requests(SEED.slow, 1, 2, 1), means(pool, null));
    await runAllJobs(requests(2), means(pool, store));
    const resumed = means(pool, store);
    const inTwoGoes = await runAllJobs(requests(SEED.slow, 1, 2, 1), resumed);
    expect(new Set(atOnce.map(({ traceDigest }) => traceDigest)).size).toBe(3);
    expect(atOnce[3]).toEqual(atOnce[1]);
    expect(JSON.stringify(inTwoGoes)).toBe(JSON.stringify(atOnce));
    expect(resumed.done.count).toBe(3);
  });

  test("one that comes to no result is an error, not a hole", async () => {
    await using pool = newPool();
    await expect(runAllJobs(requests(1, SEED.throws), means(pool, null))).rejects.toMatchObject({
      code: "SIM_JOB_FAILED",
    });
  });

  test("a stop before the end is an error, too", async () => {
    await using pool = newPool();
    await expect(runAllJobs(requests(1), { ...means(pool, null), signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "SIM_JOB_FAILED",
    });
  });
});
