// E4, E5, E6: what a passing disturbance does to latency second by second, and how long its effect outlasts it (the
// hangover). Latencies are by the second of submission, as in the figures of the Autobahn paper.

import type { FaultSpec } from "../../scenario/schema.ts";
import type { Experiment, ExperimentSize, Point, PointRuns } from "../experiment.ts";
import type { FigureBand, LineFigure } from "../figure/figure.ts";
import { lineFigure } from "../figure/line-figure.ts";
import { bootstrapInterval } from "../statistics/bootstrap.ts";
import { mean, median } from "../statistics/summary.ts";
import type { Cell, Table } from "../table-form.ts";
import { runsTable } from "../table.ts";
import { PROTOCOL_NAMES, combinations, scenarioOf, seedsUpTo, sized } from "./base.ts";

interface Disturbance {
  readonly name: string;
  readonly title: string;
  /** Milliseconds, from the first to the last moment of the fault. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly durationMs: number;
  readonly faults: (size: number) => readonly FaultSpec[];
}

const leaderCut = (fromMs: number, toMs: number): FaultSpec => ({
  type: "partition",
  fromMs,
  toMs,
  shape: { type: "leader" },
});

const BLIPS: readonly Disturbance[] = [
  {
    name: "blip-1s",
    title: "leader cut off for 1 s",
    fromMs: 8000,
    toMs: 9000,
    durationMs: 25_000,
    faults: () => [leaderCut(8000, 9000)],
  },
  {
    name: "blip-5s",
    title: "leader cut off for 5 s",
    fromMs: 8000,
    toMs: 13_000,
    durationMs: 35_000,
    faults: () => [leaderCut(8000, 13_000)],
  },
  {
    name: "blip-double",
    title: "leader cut off twice for 1 s",
    fromMs: 8000,
    toMs: 11_000,
    durationMs: 30_000,
    faults: () => [leaderCut(8000, 9000), leaderCut(10_000, 11_000)],
  },
];

const PARTITION: Disturbance = {
  name: "partition-20s",
  title: "halves apart for 20 s",
  fromMs: 15_000,
  toMs: 35_000,
  durationMs: 75_000,
  faults: (size) => [
    { type: "partition", fromMs: 15_000, toMs: 35_000, shape: { type: "sides", sides: halvesOf(size) } },
  ],
};

/** A latency above so many times the usual one is the disturbance's doing. */
const DISTURBED_FACTOR = 1.5;
/** So many seconds in a row without it end the hangover. */
const CALM_SECONDS = 2;

function points(size: ExperimentSize, disturbances: readonly Disturbance[]): readonly Point[] {
  const n = sized(size, 4, 10);
  return combinations(disturbances, PROTOCOL_NAMES).map(([{ name, durationMs, faults }, protocol]) => ({
    labels: { disturbance: name, protocol },
    scenario: scenarioOf({
      name,
      protocol,
      size: n,
      durationMs,
      transactionsPerSecond: sized(size, 100, 400),
      faults: faults(n),
    }),
    seeds: seedsUpTo(sized(size, 1, 5)),
  }));
}

/** One row a second: latency, throughput and backlog, means over the seeds. */
function secondsTable(name: string, runs: readonly PointRuns[]): Table {
  const columns = ["disturbance", "protocol", "second", "latency_mean_ms", "throughput_tps", "backlog"];
  const rows: (readonly Cell[])[] = runs.flatMap(({ point, runs: ofPoint }) =>
    Array.from({ length: Math.floor(point.scenario.durationMs / 1000) }, (_, second) => {
      const at = ofPoint.flatMap(({ result }) => result.seconds[second] ?? []);
      const latencyCount = at.reduce((sum, row) => sum + row.latencyCount, 0);
      const latency = latencyCount === 0 ? null : at.reduce((sum, row) => sum + row.latencySumMs, 0) / latencyCount;
      const labels = [point.labels["disturbance"] ?? null, point.labels["protocol"] ?? null];
      if (at.length === 0) return [...labels, second, null, null, null];
      return [...labels, second, latency, mean(at.map((row) => row.committed)), mean(at.map((row) => row.backlog))];
    }),
  );
  return { name, columns, rows };
}

function hangoverTable(name: string, runs: readonly PointRuns[]): Table {
  const columns = [
    "disturbance",
    "protocol",
    "disturbance_s",
    "usual_latency_ms",
    "worst_latency_ms",
    "hangover_s",
    "hangover_s_low",
    "hangover_s_high",
    "hangover_ratio",
    "never_calm_runs",
  ];
  const rows = runs.flatMap(({ point, runs: ofPoint }) => {
    const disturbance = [...BLIPS, PARTITION].find((candidate) => candidate.name === point.labels["disturbance"]);
    if (disturbance === undefined) return [];
    const measured = ofPoint.map(({ result }) => hangoverOf(result.seconds, disturbance));
    const calm = measured.flatMap(({ hangoverS }) => hangoverS ?? []);
    const lengthS = (disturbance.toMs - disturbance.fromMs) / 1000;
    const typical = calm.length === 0 ? null : median(calm);
    const [low, high] = calm.length === 0 ? [null, null] : bootstrapInterval(calm, median);
    return [
      [
        disturbance.name,
        point.labels["protocol"] ?? null,
        lengthS,
        median(measured.map(({ usualMs }) => usualMs)),
        median(measured.map(({ worstMs }) => worstMs)),
        typical,
        low,
        high,
        typical === null ? null : typical / lengthS,
        measured.length - calm.length,
      ],
    ];
  });
  return { name, columns, rows };
}

interface Hangover {
  readonly usualMs: number;
  readonly worstMs: number;
  /** Null if latency stayed high to the end of the run. */
  readonly hangoverS: number | null;
}

/** From the end of the disturbance to the first of two calm seconds: a second is calm if latency is usual again. */
export function hangoverOf(
  seconds: readonly { readonly submitted: number; readonly latencySumMs: number; readonly latencyCount: number }[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Hangover {
  const latencies = seconds.map(({ submitted, latencySumMs, latencyCount }) => {
    // Transactions that were lost count as late: a second is not calm because nobody lived to tell.
    if (latencyCount < submitted / 2) return Number.POSITIVE_INFINITY;
    return latencyCount === 0 ? 0 : latencySumMs / latencyCount;
  });
  const fromS = Math.floor(fromMs / 1000);
  const toS = Math.ceil(toMs / 1000);
  const usualMs = median(latencies.slice(Math.min(2, fromS - 1), fromS));
  const finite = latencies.filter((value) => Number.isFinite(value));
  const worstMs = finite.reduce((worst, value) => Math.max(worst, value), 0);
  const isCalm = (second: number): boolean => (latencies[second] ?? Infinity) <= usualMs * DISTURBED_FACTOR;
  for (let second = toS; second + CALM_SECONDS <= latencies.length; second += 1) {
    const areCalm = Array.from({ length: CALM_SECONDS }, (_, offset) => isCalm(second + offset)).every(Boolean);
    if (areCalm) return { usualMs, worstMs, hangoverS: second - toS };
  }
  return { usualMs, worstMs, hangoverS: null };
}

function timeFigure(
  table: Table,
  { name, title, faults }: Disturbance,
  y: { column: string; label: string },
): LineFigure {
  const figure = lineFigure({
    name: `${name}-${y.column.replace(/_.*$/u, "")}`,
    title: `${title}: ${y.label.replace(/ \(.*$/u, "")}`,
    table,
    by: ["protocol"],
    x: { label: "time of submission (s)", column: "second" },
    y: { label: y.label, column: y.column, min: 0 },
    where: (record) => record["disturbance"] === name,
  });
  const bands: readonly FigureBand[] = faults(4).map((fault) => ({
    from: (fault.fromMs ?? 0) / 1000,
    to: (fault.toMs ?? 0) / 1000,
    label: "",
  }));
  return { ...figure, bands, isDense: true };
}

const LATENCY = { column: "latency_mean_ms", label: "mean latency (ms)" };
const BACKLOG = { column: "backlog", label: "transactions waiting (backlog)" };
const THROUGHPUT = { column: "throughput_tps", label: "throughput (transactions/s)" };

export const BLIP: Experiment = {
  name: "e4-blip",
  title: "Leader blips",
  summary: "latency second by second while whoever leads is cut off for 1 s, 5 s, and twice 1 s",
  points: (size) => points(size, sized(size, BLIPS.slice(0, 1), BLIPS)),
  tables: (runs) => [secondsTable("e4-blip", runs), runsTable("e4-blip-runs", runs)],
  figures: ([table]) => {
    if (table === undefined) return [];
    const present = new Set(table.rows.map(([name]) => name));
    return BLIPS.filter(({ name }) => present.has(name)).map((blip) => timeFigure(table, blip, LATENCY));
  },
};

export const PARTITION_RECOVERY: Experiment = {
  name: "e5-partition",
  title: "Recovery from a 20 s partition",
  summary: "latency, throughput and backlog second by second around a partition without a quorum",
  points: (size) => points(size, [PARTITION]),
  tables: (runs) => [secondsTable("e5-partition", runs), runsTable("e5-partition-runs", runs)],
  figures: ([table]) =>
    table === undefined ? [] : [LATENCY, THROUGHPUT, BACKLOG].map((what) => timeFigure(table, PARTITION, what)),
};

export const HANGOVER: Experiment = {
  name: "e6-hangover",
  title: "Hangover",
  summary: "how long after a blip or partition latency is back to usual, and its ratio to the disturbance",
  points: (size) => points(size, sized(size, BLIPS.slice(0, 1), [...BLIPS, PARTITION])),
  tables: (runs) => [hangoverTable("e6-hangover", runs), runsTable("e6-hangover-runs", runs)],
  figures: ([table]) => {
    if (table === undefined) return [];
    const categories = [...new Set(table.rows.map(([name]) => String(name)))];
    const valueOf = (protocol: string, category: string): number | null => {
      const value = table.rows.find((row) => row[0] === category && row[1] === protocol)?.[5];
      return typeof value === "number" ? value : null;
    };
    const series = PROTOCOL_NAMES.map((name) => ({
      name,
      values: categories.map((category) => valueOf(name, category)),
    }));
    const y = { label: "hangover (s)", min: 0 };
    return [{ type: "bars", name: "e6-hangover", title: "Hangover after a disturbance", y, categories, series }];
  },
};

function halvesOf(size: number): number[][] {
  const all = Array.from({ length: size }, (_, index) => index);
  return [all.filter((index) => index % 2 === 0), all.filter((index) => index % 2 === 1)];
}
