// Tables of results: named columns, rows of numbers and text, and the aggregation over seeds that most experiments share.

import type { LatencySummary, RunResult } from "../run/result.ts";
import type { PointRuns } from "./experiment.ts";
import { bootstrapInterval } from "./statistics/bootstrap.ts";
import { mean, median } from "./statistics/summary.ts";
import type { Cell, Table } from "./table-form.ts";

export interface Metric {
  /** Ends in its unit. */
  readonly name: string;
  readonly of: (result: RunResult) => number | null;
}

const whenAny = ({ count }: LatencySummary, value: number): number | null => (count === 0 ? null : value);

const THROUGHPUT: Metric = { name: "throughput_tps", of: ({ metrics }) => metrics.throughputPerSecond };
const LATENCY_P50: Metric = {
  name: "latency_p50_ms",
  of: ({ metrics: { endToEnd } }) => whenAny(endToEnd, endToEnd.p50Ms),
};

/** What every table over seeds has. */
export const METRICS: readonly Metric[] = [
  THROUGHPUT,
  /** Of the transactions handed in within the window, how many were ready to execute within it. */
  {
    name: "committed_share",
    of: ({ metrics }) => (metrics.submittedCount === 0 ? null : metrics.committedCount / metrics.submittedCount),
  },
  { name: "latency_mean_ms", of: ({ metrics: { endToEnd } }) => whenAny(endToEnd, endToEnd.meanMs) },
  LATENCY_P50,
  { name: "latency_p90_ms", of: ({ metrics: { endToEnd } }) => whenAny(endToEnd, endToEnd.p90Ms) },
  { name: "latency_p99_ms", of: ({ metrics: { endToEnd } }) => whenAny(endToEnd, endToEnd.p99Ms) },
  { name: "commits", of: ({ metrics }) => metrics.commitCount },
  { name: "messages", of: ({ metrics }) => metrics.messagesSent },
  { name: "bytes", of: ({ metrics }) => metrics.bytesSent },
];

/** One row a point: median and mean over seeds, and the bootstrap 95 % interval of the median. */
export function aggregateTable(
  name: string,
  points: readonly PointRuns[],
  metrics: readonly Metric[] = METRICS,
): Table {
  const labels = labelColumns(points);
  const columns = [
    ...labels,
    "runs",
    "verdicts",
    ...metrics.flatMap((metric) => [metric.name, `${metric.name}_mean`, `${metric.name}_low`, `${metric.name}_high`]),
  ];
  const rows = points.map(({ point, runs }) => [
    ...labels.map((label) => point.labels[label] ?? null),
    runs.length,
    verdictsOf(runs.map(({ result }) => result)),
    ...metrics.flatMap((metric) => statisticsOf(runs.map(({ result }) => metric.of(result)))),
  ]);
  return { name, columns, rows };
}

/** One row a run: what the aggregate was made of. */
export function runsTable(name: string, points: readonly PointRuns[], metrics: readonly Metric[] = METRICS): Table {
  const labels = labelColumns(points);
  const columns = [
    ...labels,
    "seed",
    "verdict",
    ...metrics.map((metric) => metric.name),
    "recovery_ms",
    "trace_digest",
  ];
  const rows = points.flatMap(({ point, runs }) =>
    runs.map(({ seed, result }) => [
      ...labels.map((label) => point.labels[label] ?? null),
      seed,
      result.verdict,
      ...metrics.map((metric) => metric.of(result)),
      result.recoveryMs,
      result.traceDigest,
    ]),
  );
  return { name, columns, rows };
}

/** Of all points, in the order in which they first appear. */
function labelColumns(points: readonly PointRuns[]): readonly string[] {
  return [...new Set(points.flatMap(({ point }) => Object.keys(point.labels)))];
}

/** Rows as records, for figures. */
export function recordsOf({ columns, rows }: Table): readonly Readonly<Record<string, Cell>>[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
}

export function numberIn(record: Readonly<Record<string, Cell>>, column: string): number | null {
  const value = record[column];
  return typeof value === "number" ? value : null;
}

function statisticsOf(values: readonly (number | null)[]): readonly Cell[] {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return [null, null, null, null];
  const [low, high] = bootstrapInterval(present, median);
  return [median(present), mean(present), low, high];
}

function verdictsOf(results: readonly RunResult[]): string {
  const counts = new Map<string, number>();
  for (const { verdict } of results) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
}
