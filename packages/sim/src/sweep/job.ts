// One unit of work of a sweep: a scenario and what else its result depends on. Its id is a hash of exactly that, so that
// a result belongs to what was asked and not to a place in a list, a machine or a moment.

import { canonicalJson, sha256Hex } from "../canonical-json.ts";
import type { RunResult } from "../run/result.ts";
import type { CostTable } from "../run/run-options.ts";
import type { Scenario } from "../scenario/schema.ts";

/** Raised whenever the same scenario would give another result or result shape: older results then no longer count. */
export const RESULT_FORMAT = 2;

export interface SweepJob {
  readonly id: string;
  readonly scenario: Scenario;
  /** Figures of the cost file that the scenario names; null without. */
  readonly costs: CostTable | null;
  /** Whether the result keeps every latency, for distributions. */
  readonly keepLatencies: boolean;
}

export type JobOutcome =
  | { readonly id: string; readonly status: "done"; readonly result: RunResult }
  /** The run did not come to a result: it threw, or its worker died. Not a verdict. */
  | { readonly id: string; readonly status: "failed"; readonly error: string };

export interface JobDraft {
  readonly scenario: Scenario;
  readonly costs?: CostTable | null;
  readonly keepLatencies?: boolean;
}

export function createJob(draft: JobDraft): SweepJob {
  const { scenario, costs = null, keepLatencies = false } = draft;
  const content = { resultFormat: RESULT_FORMAT, scenario, costs, keepLatencies };
  return { id: sha256Hex(canonicalJson(content)), scenario, costs, keepLatencies };
}
