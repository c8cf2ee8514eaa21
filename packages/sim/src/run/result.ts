// What one run gives back: plain data, the same for the same scenario and seed to the last bit (times are virtual).

import type { Violation } from "../checker/checker.ts";

export type Verdict = "PASS" | "UNSAFE" | "STALLED" | "CRASHED" | "INCONCLUSIVE";

export interface Finding {
  readonly verdict: Exclude<Verdict, "PASS">;
  /** Class of the failure: the checker's name, "recovery", "exception TypeError at …", …: shrinking keeps it. */
  readonly class: string;
  readonly detail: string;
  readonly node: number | null;
  readonly atMs: number;
}

export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface RunMetrics {
  /** Window over which throughput and latency were taken, cut at both ends (docs/simulator.md). */
  readonly windowMs: readonly [number, number];
  readonly submittedCount: number;
  /** Transactions of the window that every honest running node could execute… counted once, at their gateway. */
  readonly committedCount: number;
  readonly throughputPerSecond: number;
  /** From submission at a gateway to ready-to-execute at that gateway. */
  readonly endToEnd: LatencySummary;
  /** From inclusion in a block or proposal to ready-to-execute at its author. */
  readonly consensus: LatencySummary;
  readonly commitCount: number;
  readonly commitsPerSlot: Readonly<Record<string, number>>;
  readonly receipt: LatencySummary;
  readonly certified: LatencySummary;
  readonly versionCount: number;
  readonly messagesSent: number;
  readonly messagesDelivered: number;
  readonly bytesSent: number;
  readonly messagesByKind: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;
  readonly eventCount: number;
  readonly highestRound: number;
  readonly gaugesMax: Readonly<Record<string, number>>;
}

/** One second of virtual time: what time-series figures are drawn from. Latencies are by second of submission. */
export interface SecondRow {
  readonly second: number;
  readonly submitted: number;
  readonly committed: number;
  readonly latencySumMs: number;
  readonly latencyCount: number;
  readonly backlog: number;
  readonly highestRound: number;
}

export interface RunResult {
  readonly verdict: Verdict;
  /** What is unsafe first, then in order of time, doubts last; the first one gave the verdict. */
  readonly findings: readonly Finding[];
  readonly violations: readonly Violation[];
  readonly metrics: RunMetrics;
  readonly seconds: readonly SecondRow[];
  /** Latencies of all transactions in the window, ascending, in ms: for CDFs. Only if asked for. */
  readonly latenciesMs: readonly number[] | null;
  /** Requested fault or behaviour → how often it acted. */
  readonly fired: Readonly<Record<string, number>>;
  readonly exercised: Readonly<Record<string, number>>;
  /** What the adversary used of its budget, and what was refused. */
  readonly adversary: Readonly<Record<string, number>>;
  readonly recoveryMs: number | null;
  /** SHA-256 over every delivery, engine effect and observation in order. */
  readonly traceDigest: string;
  readonly isCryptoModelled: boolean;
  readonly notes: readonly string[];
}
