// The table of a sweep: one row a job, in the order of the plan, from what lies in the result folder. Its bytes depend on
// the results alone, not on who computed them or when.

import type { LatencySummary, RunMetrics } from "../run/result.ts";
import type { JobOutcome } from "./job.ts";
import type { PlannedJob, SweepPlan } from "./sweep-file.ts";

type Cell = string | number | null | undefined;

const FIGURES: readonly (readonly [string, (metrics: RunMetrics) => Cell])[] = [
  ["commits", (metrics) => metrics.commitCount],
  ["throughput_per_s", (metrics) => metrics.throughputPerSecond],
  ...latencyColumns("e2e", (metrics) => metrics.endToEnd),
  ...latencyColumns("consensus", (metrics) => metrics.consensus),
  ["submitted", (metrics) => metrics.submittedCount],
  ["committed", (metrics) => metrics.committedCount],
  ["rounds", (metrics) => metrics.highestRound],
  ["messages", (metrics) => metrics.messagesSent],
  ["bytes", (metrics) => metrics.bytesSent],
];

export function sweepTable(plan: SweepPlan, outcomeOf: (planned: PlannedJob) => JobOutcome | undefined): string {
  const head = [
    "job",
    ...plan.columns,
    "verdict",
    "finding",
    ...FIGURES.map(([name]) => name),
    "recovery_ms",
    "trace_digest",
    "id",
    "error",
  ];
  const rows = plan.jobs.map((planned, index) => rowOf(planned, { index, outcome: outcomeOf(planned) }));
  return [head, ...rows].map((cells) => `${cells.map((cell) => csvCell(cell)).join(",")}\n`).join("");
}

function rowOf(
  planned: PlannedJob,
  found: { readonly index: number; readonly outcome: JobOutcome | undefined },
): readonly Cell[] {
  const { index, outcome } = found;
  const head = [index, ...planned.cells];
  const tail = planned.job.id;
  if (outcome === undefined) return [...head, "MISSING", "", ...FIGURES.map(() => ""), "", "", tail, ""];
  if (outcome.status === "failed")
    return [...head, "FAILED", "", ...FIGURES.map(() => ""), "", "", tail, outcome.error];
  const { result } = outcome;
  const figures = FIGURES.map(([, figure]) => figure(result.metrics));
  return [
    ...head,
    result.verdict,
    result.findings[0]?.class ?? "",
    ...figures,
    result.recoveryMs,
    result.traceDigest,
    tail,
    "",
  ];
}

/** Empty cells where there is nothing to summarise: a zero would be read as fast. */
function latencyColumns(
  name: string,
  of: (metrics: RunMetrics) => LatencySummary,
): readonly (readonly [string, (metrics: RunMetrics) => Cell])[] {
  const column = (figure: "meanMs" | "p50Ms" | "p99Ms") => (metrics: RunMetrics) => {
    const summary = of(metrics);
    return summary.count === 0 ? "" : summary[figure];
  };
  return [
    [`${name}_mean_ms`, column("meanMs")],
    [`${name}_p50_ms`, column("p50Ms")],
    [`${name}_p99_ms`, column("p99Ms")],
  ];
}

function csvCell(cell: Cell): string {
  const text = String(cell ?? "");
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
