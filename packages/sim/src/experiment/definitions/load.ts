// E1, E2, E3: latency against throughput, the peak as the committee grows, and both with crashed nodes.

import type { Experiment, Point } from "../experiment.ts";
import { lineFigure } from "../figure/line-figure.ts";
import type { Cell, Table } from "../table-form.ts";
import { aggregateTable, numberIn, recordsOf, runsTable } from "../table.ts";
import { CRASH_AT_MS, PROTOCOL_NAMES, combinations, scenarioOf, seedsUpTo, sized } from "./base.ts";

const THROUGHPUT_AXIS = { label: "throughput (transactions/s)", column: "throughput_tps", isLogarithmic: true };
const LATENCY_AXIS = { label: "end-to-end latency, median (ms)", column: "latency_p50_ms", min: 0 };
/** A point counts for the peak while half of the transactions take no longer and nearly all get through. */
const PEAK_LATENCY_MS = 3000;
const PEAK_SHARE = 0.95;

interface LoadDraft {
  readonly protocol: string;
  readonly size: number;
  readonly crashed: number;
  readonly rate: number;
  readonly durationMs: number;
  readonly seedCount: number;
}

function loadPoint({ protocol, size, crashed, rate, durationMs, seedCount }: LoadDraft): Point {
  const faults = crashed === 0 ? [] : [{ type: "crash" as const, nodes: { last: crashed }, fromMs: CRASH_AT_MS }];
  return {
    labels: { protocol, n: size, crashed, offered_tps: rate },
    scenario: scenarioOf({ name: "load", protocol, size, durationMs, transactionsPerSecond: rate, faults }),
    seeds: seedsUpTo(seedCount),
  };
}

/** By protocol, committee and crashes: the highest throughput among points that hold the bounds, and its latency. */
function peakTable(name: string, aggregate: Table): Table {
  const groups = new Map<
    string,
    { labels: readonly Cell[]; throughput: number; latency: number | null; lowLoad: number | null }
  >();
  for (const record of recordsOf(aggregate)) {
    const labels = [record["protocol"] ?? null, record["n"] ?? null, record["crashed"] ?? null];
    const key = labels.join("/");
    const latency = numberIn(record, "latency_p50_ms");
    const throughput = numberIn(record, "throughput_tps") ?? 0;
    const holds =
      latency !== null && latency <= PEAK_LATENCY_MS && (numberIn(record, "committed_share") ?? 0) >= PEAK_SHARE;
    const best = groups.get(key) ?? { labels, throughput: 0, latency: null, lowLoad: latency };
    groups.set(key, holds && throughput > best.throughput ? { ...best, throughput, latency } : best);
  }
  const columns = ["protocol", "n", "crashed", "peak_tps", "peak_latency_p50_ms", "low_load_latency_p50_ms"];
  const rows = [...groups.values()].map(({ labels, throughput, latency, lowLoad }) => [
    ...labels,
    throughput,
    latency,
    lowLoad,
  ]);
  return { name, columns, rows };
}

export const LATENCY_THROUGHPUT: Experiment = {
  name: "e1-latency-throughput",
  title: "Latency against throughput",
  summary: "end-to-end latency as the offered load grows, ten nodes in five regions",
  points: (size) =>
    combinations(
      PROTOCOL_NAMES,
      sized(size, [200, 20_000], [100, 1000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000]),
    ).map(([protocol, rate]) =>
      loadPoint({
        protocol,
        rate,
        crashed: 0,
        size: sized(size, 4, 10),
        durationMs: sized(size, 5000, 60_000),
        seedCount: sized(size, 2, 5),
      }),
    ),
  tables: (runs) => [aggregateTable("e1-latency-throughput", runs), runsTable("e1-latency-throughput-runs", runs)],
  figures: ([table]) =>
    table === undefined
      ? []
      : [
          lineFigure({
            name: "e1-latency-throughput",
            title: "Latency against throughput: WAN, 512 B transactions, 1 Gbit/s a node",
            table,
            by: ["protocol"],
            x: THROUGHPUT_AXIS,
            y: { ...LATENCY_AXIS, isLogarithmic: true },
          }),
        ],
};

export const PEAK_THROUGHPUT: Experiment = {
  name: "e2-peak-n",
  title: "Peak throughput against committee size",
  summary: "highest throughput with a median latency of at most 3 s, as the committee grows",
  points: (size) =>
    combinations(PROTOCOL_NAMES, sized(size, [4, 7], [4, 10, 20, 50])).flatMap(([protocol, n]) =>
      sized(size, [500, 20_000], [1000, 10_000, 20_000, 50_000, 100_000, 200_000]).map((rate) =>
        loadPoint({
          protocol,
          size: n,
          crashed: 0,
          rate,
          durationMs: sized(size, 4000, 20_000),
          seedCount: sized(size, 1, 2),
        }),
      ),
    ),
  tables: (runs) => {
    const aggregate = aggregateTable("e2-load", runs);
    return [peakTable("e2-peak-n", aggregate), aggregate, runsTable("e2-runs", runs)];
  },
  figures: ([peak]) =>
    peak === undefined
      ? []
      : [
          lineFigure({
            name: "e2-peak-n",
            title: "Peak throughput with median latency ≤ 3 s",
            table: peak,
            by: ["protocol"],
            x: { label: "committee size n", column: "n" },
            y: { label: "peak throughput (transactions/s)", column: "peak_tps", isLogarithmic: true },
          }),
        ],
};

export const CRASH_FAULTS: Experiment = {
  name: "e3-crash-faults",
  title: "Crashed nodes",
  summary: "latency and peak throughput with 0, 1 and f nodes that never came up",
  points: (size) =>
    combinations(PROTOCOL_NAMES, sized(size, [0, 1], [0, 1, 3])).flatMap(([protocol, crashed]) =>
      sized(size, [300], [300, 5000, 20_000, 50_000, 100_000]).map((rate) =>
        loadPoint({
          protocol,
          crashed,
          rate,
          size: sized(size, 4, 10),
          durationMs: sized(size, 8000, 60_000),
          seedCount: sized(size, 2, 5),
        }),
      ),
    ),
  tables: (runs) => {
    const aggregate = aggregateTable("e3-load", runs);
    return [peakTable("e3-crash-faults", aggregate), aggregate, runsTable("e3-runs", runs)];
  },
  figures: ([peak]) =>
    peak === undefined
      ? []
      : [
          lineFigure({
            name: "e3-latency",
            title: "Latency at 300 transactions/s with crashed nodes",
            table: peak,
            by: ["protocol"],
            x: { label: "crashed nodes", column: "crashed" },
            y: { label: LATENCY_AXIS.label, column: "low_load_latency_p50_ms", min: 0 },
          }),
          lineFigure({
            name: "e3-peak",
            title: "Peak throughput (median latency ≤ 3 s) with crashed nodes",
            table: peak,
            by: ["protocol"],
            x: { label: "crashed nodes", column: "crashed" },
            y: { label: "peak throughput (transactions/s)", column: "peak_tps", isLogarithmic: true },
          }),
        ],
};
