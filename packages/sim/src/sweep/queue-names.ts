// Names and shapes that sweeps and workers of one result format share in Redis. Another format has other names, so that
// versions which would disagree never meet.

import { type CostTable } from "../run/run-options.ts";
import type { Scenario } from "../scenario/schema.ts";
import { RESULT_FORMAT, type SweepJob } from "./job.ts";

export const QUEUE_NAME: string = `sim-r${RESULT_FORMAT}`;
export const QUEUE_PREFIX = "selvedge";
/** Results wait so long for whoever asked. */
export const RESULT_KEPT_SECONDS: number = 7 * 24 * 3600;

/** What travels: the job's id is the queue's own id for it. */
export interface QueuedJob {
  readonly scenario: Scenario;
  readonly costs: CostTable | null;
  readonly keepLatencies: boolean;
}

export function queuedJob(job: SweepJob): QueuedJob {
  return { scenario: job.scenario, costs: job.costs, keepLatencies: job.keepLatencies };
}
