// Stands in for a run where tests are about what surrounds it: an answer that follows from the scenario alone, and the
// ways in which a run may fail to give one. The scenario's seed says which.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, sha256Hex } from "../../src/canonical-json.ts";
import type { RunResult, Verdict } from "../../src/run/result.ts";
import type { Scenario } from "../../src/scenario/schema.ts";

export const SEED = {
  throws: 1000,
  diesWithItsThread: 1001,
  leavesQuietly: 1004,
  unsafe: 1002,
  inconclusive: 1003,
  slow: 2000,
  hangs: 3000,
  flips: 4000,
};

const NO_LATENCY = {
  count: 0,
  meanMs: Number.NaN,
  p50Ms: Number.NaN,
  p90Ms: Number.NaN,
  p99Ms: Number.NaN,
  p999Ms: Number.NaN,
  maxMs: Number.NaN,
};

export function runScenario(scenario: Scenario): RunResult {
  const { seed } = scenario;
  if (seed === SEED.throws) throw new Error('a "run", that throws');
  if (seed === SEED.diesWithItsThread) process.exit(9);
  if (seed === SEED.leavesQuietly) process.exit(0);
  if (seed >= SEED.slow && seed < SEED.hangs) sleep(20);
  if (seed === SEED.hangs) hangTheFirstTime();
  const digest = sha256Hex(canonicalJson(scenario) + (seed === SEED.flips ? String(process.pid) : ""));
  const milliseconds = Number.parseInt(digest.slice(0, 6), 16) / 1000;
  return madeUpResult({
    digest,
    milliseconds,
    verdict: seed === SEED.unsafe ? "UNSAFE" : seed === SEED.inconclusive ? "INCONCLUSIVE" : "PASS",
  });
}

export function madeUpResult(from: { digest: string; milliseconds: number; verdict: Verdict }): RunResult {
  const latency = {
    ...NO_LATENCY,
    count: 1,
    meanMs: from.milliseconds,
    p50Ms: from.milliseconds,
    p99Ms: from.milliseconds,
  };
  return {
    verdict: from.verdict,
    findings:
      from.verdict === "PASS"
        ? []
        : [{ verdict: from.verdict, class: "made-up", detail: "as asked", node: null, atMs: 1 }],
    violations: [],
    metrics: {
      windowMs: [0, 1000],
      submittedCount: 10,
      committedCount: 9,
      throughputPerSecond: 9,
      endToEnd: latency,
      consensus: NO_LATENCY,
      commitCount: 3,
      commitsPerSlot: {},
      receipt: NO_LATENCY,
      certified: NO_LATENCY,
      versionCount: 0,
      messagesSent: 5,
      messagesDelivered: 4,
      bytesSent: 100,
      messagesByKind: {},
      eventCount: 6,
      highestRound: 7,
      gaugesMax: {},
    },
    seconds: [],
    latenciesMs: null,
    fired: {},
    exercised: {},
    adversary: {},
    recoveryMs: null,
    traceDigest: from.digest,
    isCryptoModelled: true,
    notes: [],
  } as RunResult;
}

/** Leaves a mark, so that whoever watches knows that the job has begun, and hangs unless the mark was there before. */
function hangTheFirstTime(): void {
  const folder = process.env["MADE_UP_FOLDER"] ?? "";
  try {
    writeFileSync(join(folder, "begun"), String(process.pid), { flag: "wx" });
  } catch {
    return;
  }
  sleep(600_000);
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
