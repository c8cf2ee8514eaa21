// Sweeps over a real Redis: workers die, Redis goes away, results are disputed, strangers put rubbish in. Skipped, saying
// so, where redis-server is not installed.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUILTIN_SCENARIOS } from "../../src/scenario/builtin/registry.ts";
import { JobPool } from "../../src/sweep/job-pool.ts";
import { type JobOutcome, createJob } from "../../src/sweep/job.ts";
import { QueueConnection, parseQueueAddress } from "../../src/sweep/queue-connection.ts";
import { QUEUE_NAME, QUEUE_PREFIX } from "../../src/sweep/queue-names.ts";
import { QueueResults } from "../../src/sweep/queue-results.ts";
import { queueExecutor } from "../../src/sweep/queue-sweep.ts";
import { ResultStore } from "../../src/sweep/result-store.ts";
import { runSweep } from "../../src/sweep/run-sweep.ts";
import { checkSweep, planSweep, type SweepPlan } from "../../src/sweep/sweep-file.ts";
import { SEED, madeUpResult } from "./made-up-runner.ts";
import { PASSWORD, RedisServer, freePort, hasRedisServer } from "./redis-server.ts";

const LOST_AFTER_MS = 1000;
const BASE = BUILTIN_SCENARIOS["good-wan"]?.scenario;
const isHere = hasRedisServer();
if (!isHere) process.stderr.write("skipped: sweeps over a queue, because redis-server is not installed\n");

function planOf(seeds: readonly number[]): Promise<SweepPlan> {
  return planSweep(checkSweep({ format: 1, name: "test", base: "good-wan", seeds }, "mine"), {
    origin: "mine",
    base: BASE,
  });
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), "selvedge-queue-"));

async function localTable(plan: SweepPlan): Promise<string> {
  await using pool = new JobPool({ workers: 1, runner: new URL("made-up-runner.ts", import.meta.url).href });
  const folder = newFolder();
  const watch = { note: () => undefined, onProgress: () => undefined, signal: new AbortController().signal };
  await runSweep(plan, { store: new ResultStore(folder), execute: pool.execute, watch });
  return readFileSync(join(folder, "sweep.csv"), "utf8");
}

interface QueueSweep {
  readonly table: string;
  readonly notes: readonly string[];
  readonly disputed: readonly string[];
  readonly verdicts: Readonly<Record<string, number>>;
}

async function sweepOver(url: string, plan: SweepPlan): Promise<QueueSweep> {
  const notes: string[] = [];
  const disputed: string[] = [];
  const note = (line: string): void => void notes.push(line);
  using connection = await QueueConnection.open(parseQueueAddress(url), note);
  const folder = newFolder();
  const execute = queueExecutor({ connection, note, onDisputed: (id) => disputed.push(id), lookEveryMs: 200 });
  const watch = { note, onProgress: () => undefined, signal: new AbortController().signal };
  const { verdicts } = await runSweep(plan, { store: new ResultStore(folder), execute, watch });
  return { table: readFileSync(join(folder, "sweep.csv"), "utf8"), notes, disputed, verdicts };
}

describe("addresses", () => {
  test.each([
    ["redis://host", "redis://host:6379/0"],
    ["redis://user:p%40ss@host:7000/5", "redis://host:7000/5"],
    ["rediss://[::1]:7000/", "rediss://[::1]:7000/0"],
  ])("%s is shown as %s", (text, shown) => {
    expect(parseQueueAddress(text).shown).toBe(shown);
  });

  test.each([
    "",
    "host:6379",
    "http://host",
    "redis://",
    "redis://:top%zzsecret@host",
    "redis://:topsecret@host/db",
    "redis://:topsecret@ho st",
  ])("%s is refused without repeating it", (text) => {
    expect(() => parseQueueAddress(text)).toThrow(/^--queue/u);
    expect(() => parseQueueAddress(text)).not.toThrow(/secret/u);
  });

  test("an address where nobody listens is an error at once", async () => {
    const address = parseQueueAddress(`redis://:topsecret@127.0.0.1:${await freePort()}`);
    const opening = QueueConnection.open(address, () => undefined);
    await expect(opening).rejects.toMatchObject({
      code: "SIM_QUEUE_UNREACHABLE",
      message: expect.stringMatching(/connection refused$/u),
    });
    await expect(opening).rejects.not.toThrow(/secret/u);
  });

  test("a server that is no Redis is an error", async () => {
    const server = createServer((socket) =>
      socket.on("error", () => undefined).on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(
      QueueConnection.open(parseQueueAddress(`redis://127.0.0.1:${port}`), () => undefined),
    ).rejects.toMatchObject({ code: "SIM_QUEUE_UNREACHABLE" });
    server.close();
  });
});

describe.skipIf(!isHere)("a queue", () => {
  let redis: RedisServer;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    redis = await RedisServer.start();
  });

  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await redis.stop();
  });

  async function startWorker(folder = ""): Promise<ChildProcess & { readonly log: () => string }> {
    const file = new URL("worker-process.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [file, redis.url, String(LOST_AFTER_MS)], {
      stdio: ["ignore", "inherit", "pipe"],
      env: { ...process.env, MADE_UP_FOLDER: folder },
    });
    children.add(child);
    let log = "";
    child.stderr.on("data", (text: Buffer) => (log += text.toString()));
    await until(() => log.includes("taking jobs"));
    return Object.assign(child, { log: () => log });
  }

  async function stopped(child: ChildProcess): Promise<number | null> {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    children.delete(child);
    return child.exitCode;
  }

  test("several workers give the table that one machine gives; a second sweep needs no worker", async () => {
    const plan = await planOf([1, 2, 3, SEED.unsafe, SEED.throws, 4, 4]);
    const workers = await Promise.all([startWorker(), startWorker()]);
    const first = await sweepOver(redis.url, plan);
    expect(first.table).toBe(await localTable(plan));
    expect(first.verdicts).toEqual({ PASS: 5, UNSAFE: 1, FAILED: 1 });
    expect(workers.map((worker) => worker.log()).join("")).not.toContain(PASSWORD);
    expect(await Promise.all(workers.map((worker) => stopped(worker)))).toEqual([0, 0]);
    const again = await sweepOver(redis.url, await planOf([1, 2, 3]));
    expect(again.verdicts).toEqual({ PASS: 3 });
  });

  test("the job of a worker that was killed in the middle of it is done by another", async () => {
    const plan = await planOf([SEED.hangs, 5]);
    const folder = newFolder();
    const doomed = await startWorker(folder);
    const sweeping = sweepOver(redis.url, plan);
    await until(() => existsSync(join(folder, "begun")));
    doomed.kill("SIGKILL");
    const other = await startWorker(folder);
    const { verdicts } = await sweeping;
    expect(verdicts).toEqual({ PASS: 2 });
    expect(other.log()).toContain("lost its worker and is done again");
    await stopped(other);
  });

  test("a Redis that goes away and comes back loses no sweep", async () => {
    const plan = await planOf(Array.from({ length: 30 }, (_, index) => SEED.slow + 100 + index));
    const worker = await startWorker();
    const sweeping = sweepOver(redis.url, plan);
    await until(() => worker.log().includes("done"));
    await redis.restart();
    const { verdicts, notes } = await sweeping;
    expect(verdicts).toEqual({ PASS: 30 });
    expect(notes.join("\n")).toContain("lost the connection to redis://127.0.0.1");
    expect(notes.join("\n")).not.toContain(PASSWORD);
    await stopped(worker);
  });

  test("two results for one hash are told of, the same result twice is not", async () => {
    const plan = await planOf([6, 7]);
    const [first = "", second = ""] = plan.jobs.map(({ job }) => job.id);
    using connection = await QueueConnection.open(parseQueueAddress(redis.url), () => undefined);
    const results = new QueueResults(connection.redis);
    const outcome = (id: string, digest: string): JobOutcome => ({
      id,
      status: "done",
      result: madeUpResult({ digest, milliseconds: 1, verdict: "PASS" }),
    });
    expect(await results.keep(outcome(first, "a"))).toBe("kept");
    expect(await results.keep(outcome(first, "a"))).toBe("same");
    expect(await results.keep(outcome(second, "a"))).toBe("kept");
    expect(await results.keep(outcome(second, "b"))).toBe("disputed");
    const { disputed, verdicts } = await sweepOver(redis.url, plan);
    expect(disputed).toEqual([second]);
    expect(verdicts).toEqual({ PASS: 2 });
  });

  test("damaged results are dropped and done again", async () => {
    const plan = await planOf([8]);
    const id = plan.jobs[0]?.job.id ?? "";
    using connection = await QueueConnection.open(parseQueueAddress(redis.url), () => undefined);
    await connection.redis.set(`${QUEUE_PREFIX}:${QUEUE_NAME}-result:${id}`, "rubbish");
    const worker = await startWorker();
    const { verdicts, notes } = await sweepOver(redis.url, plan);
    expect(verdicts).toEqual({ PASS: 1 });
    expect(notes.join("\n")).toContain("is damaged");
    await stopped(worker);
  });

  test("a worker refuses what is no job, and what is not the job that it says it is", async () => {
    if (BASE === undefined) throw new Error("no base");
    using connection = await QueueConnection.open(parseQueueAddress(redis.url), () => undefined);
    await using queue = Object.assign(new Queue(QUEUE_NAME, { connection: connection.redis, prefix: QUEUE_PREFIX }), {
      [Symbol.asyncDispose]: async () => undefined,
    });
    const job = createJob({ scenario: BASE });
    const sound = { scenario: BASE, costs: null, keepLatencies: false };
    await queue.add("run", { ...sound, runner: "file:///etc/passwd" }, { jobId: "extra" });
    await queue.add("run", { ...sound, scenario: { ...BASE, seed: -1 } }, { jobId: "unsound" });
    await queue.add("run", { ...sound, scenario: { ...BASE, seed: 77 } }, { jobId: job.id });
    await queue.add("run", null, { jobId: "nothing" });
    const worker = await startWorker();
    await until(() => worker.log().split("failed").length > 4);
    expect(worker.log()).toContain("this is no job of a sweep");
    expect(worker.log()).toContain("seed must be at least 0");
    expect(worker.log()).toContain("the job's id is not the hash of what it says");
    expect(await stopped(worker)).toBe(0);
  });

  test.each([
    ["no password", (url: string) => url.replace(`:${PASSWORD}@`, ""), /asks for a password|NOAUTH/u],
    ["a wrong password", (url: string) => url.replace(PASSWORD, "topsecret"), /refuses the password/u],
    ["a database that does not exist", (url: string) => url.replace("/3", "/999"), /DB index/u],
  ])("%s is an error that says so", async (_what, change, expected) => {
    const opening = QueueConnection.open(parseQueueAddress(change(redis.url)), () => undefined);
    await expect(opening).rejects.toMatchObject({
      code: "SIM_QUEUE_UNREACHABLE",
      message: expect.stringMatching(expected),
    });
    await expect(opening).rejects.not.toThrow(/secret/u);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
