// What a caller may add to a scenario: things that are code or that belong to one place, not to the file.

import type { Adversary } from "../adversary/adversary.ts";
import type { DecisionLog } from "../kernel/decision-log.ts";
import type { RunObserver } from "./observer.ts";

export interface RunOptions {
  /** Besides those that the scenario names. */
  readonly adversaries?: readonly Adversary[];
  readonly observers?: readonly RunObserver[];
  /** Replays these choices instead of drawing. */
  readonly decisions?: DecisionLog;
  /** Only these checkers; default all. */
  readonly checkers?: readonly string[];
  /** Keep the latency of every transaction in the window, for distributions. */
  readonly keepLatencies?: boolean;
  /** Figures of the cost file, when the scenario names one: reading files is the caller's work. */
  readonly costs?: CostTable;
}

/** CPU time of operations, in microseconds, as a bench measured them on one machine. */
export interface CostTable {
  readonly machine: string;
  readonly signUs: number;
  readonly verifyUs: number;
  readonly coinShareUs: number;
  readonly coinVerifyUs: number;
  readonly hashUsPerKiB: number;
  /** Decoding, DAG and pacemaker for one received block, besides its signature; and for each of its parents. */
  readonly blockUs: number;
  readonly parentUs: number;
  readonly transactionUs: number;
}
