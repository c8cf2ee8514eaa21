// A sweep gives the same table however it was worked through: on one thread or several, at once or after being killed.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/canonical-json.ts";
import { BUILTIN_SCENARIOS } from "../../src/scenario/builtin/registry.ts";
import { JobPool, type ExecuteJobs } from "../../src/sweep/job-pool.ts";
import { createJob } from "../../src/sweep/job.ts";
import { ResultStore } from "../../src/sweep/result-store.ts";
import { runSweep, type SweepSummary } from "../../src/sweep/run-sweep.ts";
import { checkSweep, loadSweep, planSweep, type SweepPlan } from "../../src/sweep/sweep-file.ts";
import { SEED } from "./made-up-runner.ts";

const RUNNER = new URL("made-up-runner.ts", import.meta.url).href;
const BASE = BUILTIN_SCENARIOS["good-wan"]?.scenario;
const root = mkdtempSync(join(tmpdir(), "selvedge-sweep-"));
let folderCount = 0;

function newFolder(): string {
  folderCount += 1;
  return join(root, String(folderCount));
}

function planOf(parts: object): Promise<SweepPlan> {
  return planSweep(checkSweep({ format: 1, name: "test", base: "good-wan", ...parts }, "mine"), {
    origin: "mine",
    base: BASE,
  });
}

interface Outcome {
  readonly summary: SweepSummary;
  readonly notes: readonly string[];
  readonly table: string;
}

async function sweep(
  plan: SweepPlan,
  options: { folder: string; workers?: number; execute?: ExecuteJobs; signal?: AbortSignal },
): Promise<Outcome> {
  await using pool = new JobPool({ workers: options.workers ?? 2, runner: RUNNER });
  const notes: string[] = [];
  const watch = {
    note: (line: string) => void notes.push(line),
    onProgress: () => undefined,
    signal: options.signal ?? new AbortController().signal,
  };
  const summary = await runSweep(plan, {
    store: new ResultStore(options.folder),
    execute: options.execute ?? pool.execute,
    watch,
  });
  const file = join(options.folder, "sweep.csv");
  return { summary, notes, table: existsSync(file) ? readFileSync(file, "utf8") : "" };
}

const inReverse =
  (pool: JobPool): ExecuteJobs =>
  (jobs, watch) =>
    pool.execute(jobs.toReversed(), watch);

describe("plans", () => {
  test("cases, axes and seeds make every combination, seeds fastest", async () => {
    const plan = await planOf({
      cases: [
        { name: "calm", set: {} },
        { name: "crash", set: { "faults.0": { type: "crash", nodes: [0] } } },
      ],
      axes: { "committee.size": [4, 7], "network.latency": [{ type: "constant", ms: 1 }] },
      seeds: { from: 5, count: 2 },
    });
    expect(plan.columns).toEqual(["case", "committee.size", "network.latency", "seed"]);
    expect(plan.jobs.map(({ cells }) => cells.join(" "))).toEqual(
      ["calm 4", "calm 7", "crash 4", "crash 7"].flatMap((head) =>
        ["5", "6"].map((seed) => `${head} {"ms":1,"type":"constant"} ${seed}`),
      ),
    );
    expect(plan.jobs[6]?.job.scenario).toMatchObject({ committee: { size: 7 }, seed: 5, faults: [{ type: "crash" }] });
    expect(new Set(plan.jobs.map(({ job }) => job.id)).size).toBe(8);
  });

  test.each([
    [
      { axes: { "committee.sizes": [1] } },
      "mine (committee.sizes=1): unknown field committee.sizes; did you mean size?",
    ],
    [{ axes: { "committee.size": [] } }, "axes.committee.size"],
    [{ axs: {} }, "unknown field axs; did you mean axes?"],
    [{ seeds: { from: 4294967295, count: 2 } }, "seeds end beyond"],
    [
      {
        cases: [{ name: "hot", set: { "protocol.name": "hotstuff" } }],
        axes: { "protocol.name": ["p-only"] },
      },
      "mine (case=hot, protocol.name=p-only): protocol.name is set twice",
    ],
    [{ axes: { seed: [1] }, seeds: [2] }, "mine (seed=1, seed=2): seed is set twice"],
    [
      { cases: [{ name: "hot", set: { protocol: { name: "hotstuff" } } }], axes: { "protocol.name": ["p-only"] } },
      "protocol is set, and protocol.name replaces it",
    ],
    [
      { cases: [{ name: "late", set: { "faults.0": { type: "crash", nodes: [0] } } }], axes: { faults: [[]] } },
      "faults.0 is set, and faults replaces it",
    ],
    [
      {
        cases: [{ name: "late", set: { "faults.0": { type: "crash", nodes: [0] } } }],
        axes: { "faults.00.nodes": [[1]] },
      },
      "faults.0 is set, and faults.00.nodes replaces it",
    ],
    [
      {
        axes: {
          seed: Array.from({ length: 400 }, (_, index) => index),
          "committee.size": Array.from({ length: 400 }, () => 4),
        },
      },
      "160000 jobs are more than",
    ],
  ])("%j is refused", async (parts, expected) => {
    await expect((async () => planOf(parts))()).rejects.toThrow(expected);
  });

  test("an axis may add to what a case sets", async () => {
    const cases = [{ name: "crash", set: { "faults.0": { type: "crash", nodes: [0] } } }];
    const plan = await planOf({ cases, axes: { "faults.0.fromMs": [10, 20] } });
    expect(plan.jobs.map(({ job }) => job.scenario.faults[0]?.fromMs)).toEqual([10, 20]);
  });

  test("a base given as a file is looked for beside the sweep", async () => {
    const folder = mkdtempSync(join(root, "base-"));
    writeFileSync(join(folder, "base.json"), JSON.stringify(BASE));
    writeFileSync(
      join(folder, "sweep.json"),
      JSON.stringify({ format: 1, name: "x", base: "base.json", seeds: [1, 2] }),
    );
    const plan = await loadSweep(join(folder, "sweep.json"));
    expect(plan.jobs).toHaveLength(2);
  });
});

describe("job ids", () => {
  test("follow from the content and from nothing else", () => {
    if (BASE === undefined) throw new Error("no base");
    const shuffled = Object.fromEntries(Object.entries(BASE).toReversed());
    expect(createJob({ scenario: { ...BASE, ...shuffled } }).id).toBe(createJob({ scenario: BASE }).id);
    expect(createJob({ scenario: { ...BASE, seed: 2 } }).id).not.toBe(createJob({ scenario: BASE }).id);
    expect(createJob({ scenario: BASE, keepLatencies: true }).id).not.toBe(createJob({ scenario: BASE }).id);
  });

  test("canonical JSON sorts keys at every depth and leaves lists alone", () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined, a: null }], a: "ä\n" })).toBe(
      '{"a":"ä\\n","b":[{"a":null,"d":1}]}',
    );
  });
});

describe("sweeps", () => {
  test("the table is the same for any number of workers and any order of work", async () => {
    const plan = await planOf({ axes: { "committee.size": [4, 7] }, seeds: { from: 1, count: 4 } });
    const one = await sweep(plan, { folder: newFolder(), workers: 1 });
    const three = await sweep(plan, { folder: newFolder(), workers: 3 });
    await using pool = new JobPool({ workers: 2, runner: RUNNER });
    const reversed = await sweep(plan, { folder: newFolder(), execute: inReverse(pool) });
    expect(one.table.split("\n")).toHaveLength(10);
    expect(three.table).toBe(one.table);
    expect(reversed.table).toBe(one.table);
    expect(one.summary.verdicts).toEqual({ PASS: 8 });
    const [head = [], row = []] = one.table.split("\n").map((line) => line.split(","));
    const cell = (column: string): string | undefined => row[head.indexOf(column)];
    expect(cell("e2e_p50_ms")).toMatch(/^[0-9.]+$/u);
    // There were no samples: no figure either.
    expect(cell("consensus_p50_ms")).toBe("");
    expect(cell("verdict")).toBe("PASS");
  });

  test("what is there is not done again, and a job that stands twice is done once", async () => {
    const folder = newFolder();
    await sweep(await planOf({ seeds: [1, 2] }), { folder });
    const done: string[] = [];
    await using pool = new JobPool({ workers: 2, runner: RUNNER });
    const counting: ExecuteJobs = (jobs, watch) => {
      done.push(...jobs.map(({ scenario }) => String(scenario.seed)));
      return pool.execute(jobs, watch);
    };
    const { summary } = await sweep(await planOf({ seeds: [1, 2, 3, 3] }), { folder, execute: counting });
    expect(done).toEqual(["3"]);
    expect(summary).toMatchObject({ total: 3, reused: 2, verdicts: { PASS: 4 } });
  });

  test("result files that were cut, emptied, changed or swapped are noticed and done again", async () => {
    const folder = newFolder();
    const plan = await planOf({ seeds: [1, 2, 3, 4, 5] });
    const { table } = await sweep(plan, { folder });
    const store = new ResultStore(folder);
    const [cut = "", emptied = "", changed = "", swapped = "", whole = ""] = plan.jobs.map(({ job }) =>
      store.pathOf(job.id),
    );
    writeFileSync(cut, readFileSync(cut, "utf8").slice(0, -20));
    writeFileSync(emptied, "");
    writeFileSync(changed, readFileSync(changed, "utf8").replace('"PASS"', '"UNSAFE"'));
    writeFileSync(swapped, readFileSync(whole));
    writeFileSync(join(folder, "sweep.csv"), "stale");
    const again = await sweep(plan, { folder });
    for (const file of [cut, emptied, changed, swapped]) expect(again.notes.join("\n")).toContain(`${file} is damaged`);
    expect(again.summary.reused).toBe(1);
    expect(again.table).toBe(table);
  });

  test("a run that throws and a thread that dies fail their own jobs only, and are tried again", async () => {
    const folder = newFolder();
    const plan = await planOf({ seeds: [1, SEED.throws, SEED.diesWithItsThread, SEED.leavesQuietly, 2, SEED.unsafe] });
    const { summary, table, notes } = await sweep(plan, { folder });
    expect(summary.verdicts).toEqual({ PASS: 2, FAILED: 3, UNSAFE: 1 });
    expect(table).toContain('"a ""run"", that throws"');
    expect(notes.join("\n")).toContain("the worker died");
    expect((await sweep(plan, { folder })).summary).toMatchObject({ total: 6, reused: 3, verdicts: { FAILED: 3 } });
  });

  test("an abort finishes what has begun, starts nothing more and writes no table", async () => {
    const folder = newFolder();
    const abort = new AbortController();
    await using pool = new JobPool({ workers: 1, runner: RUNNER });
    const plan = await planOf({ seeds: { from: 1, count: 5 } });
    const execute: ExecuteJobs = (jobs, watch) =>
      pool.execute(jobs, {
        ...watch,
        onOutcome: (outcome) => {
          watch.onOutcome(outcome);
          abort.abort();
        },
      });
    const { summary, table } = await sweep(plan, { folder, execute, signal: abort.signal });
    expect(summary).toMatchObject({ isStopped: true });
    expect(table).toBe("");
    expect(readdirSync(join(folder, "jobs"))).toHaveLength(1);
  });

  test("a sweep killed at any moment goes on where it was, to the same table", async () => {
    const sweepFile = join(root, "killed.json");
    writeFileSync(
      sweepFile,
      JSON.stringify({ format: 1, name: "killed", base: "good-wan", seeds: { from: SEED.slow, count: 20 } }),
    );
    const plan = await loadSweep(sweepFile);
    const reference = await sweep(plan, { folder: newFolder() });
    const folder = newFolder();
    await killedAfter(sweepFile, { folder, results: 3 });
    await killedAfter(sweepFile, { folder, results: 9 });
    const survivors = readdirSync(join(folder, "jobs")).filter((name) => name.endsWith(".json")).length;
    expect(survivors).toBeGreaterThanOrEqual(9);
    expect(survivors).toBeLessThan(20);
    // What a kill in the middle of a write leaves behind.
    writeFileSync(join(folder, "jobs", "2147483646-1.tmp"), "half");
    const resumed = await sweep(plan, { folder });
    expect(resumed.summary.reused).toBe(survivors);
    expect(resumed.table).toBe(reference.table);
    expect(readdirSync(join(folder, "jobs")).every((name) => name.endsWith(".json"))).toBe(true);
  });

  test("a folder that cannot be written to is an error of its own", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    expect(statSync(file).isFile()).toBe(true);
    expect(() => new ResultStore(join(file, "below"))).toThrow("results cannot be kept in");
  });
});

/** Starts the sweep and kills it, hard, once so many results are there. */
async function killedAfter(sweepFile: string, until: { folder: string; results: number }): Promise<void> {
  const child = spawn(
    process.execPath,
    [new URL("sweep-process.ts", import.meta.url).pathname, sweepFile, until.folder],
    { stdio: "inherit" },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const jobs = join(until.folder, "jobs");
  const timer = setInterval(() => {
    if (existsSync(jobs) && readdirSync(jobs).filter((name) => name.endsWith(".json")).length >= until.results)
      child.kill("SIGKILL");
  }, 5);
  await ended;
  clearInterval(timer);
}
