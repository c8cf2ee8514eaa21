// What the benchmark and its load generator, which is a process of its own, say to one another.

import type { HistogramSnapshot } from "./histogram.ts";

export interface LoadOrder {
  readonly targets: readonly string[];
  readonly txBytes: number;
  /** Transactions per second, over all targets together. */
  readonly rate: number;
  readonly seconds: number;
  /** Transactions due before this are sent but not measured. */
  readonly warmUpSeconds: number;
  /** How long to wait, after the last one is due, for acknowledgements. */
  readonly drainSeconds: number;
}

export interface LoadSecond {
  /** Acknowledgements that came in this second. */
  readonly committed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadResult {
  /** Due in all, and due after the warm-up. */
  readonly offered: number;
  readonly measuredOffered: number;
  readonly sent: number;
  readonly committed: number;
  /** Acknowledged between the end of the warm-up and the end of the schedule. */
  readonly windowCommitted: number;
  readonly windowSeconds: number;
  /** Answered with a refusal, mostly because the node's queue was full. */
  readonly refused: number;
  /** Requests that failed as such, counted in transactions. */
  readonly failed: number;
  /** Neither acknowledged nor refused when the wait was over. */
  readonly unanswered: number;
  /** From when each measured transaction was due to its acknowledgement. */
  readonly latency: HistogramSnapshot;
  /** From when it was due to when it was written to a socket. */
  readonly sendLag: HistogramSnapshot;
  readonly seconds: readonly LoadSecond[];
  readonly generatorCpuSeconds: number;
  readonly firstFailure: string | null;
}

export type LoadMessage =
  | { readonly type: "ready" }
  /** The measured window begins or ends now. */
  | { readonly type: "window"; readonly edge: "begin" | "end" }
  | { readonly type: "done"; readonly result: LoadResult };
