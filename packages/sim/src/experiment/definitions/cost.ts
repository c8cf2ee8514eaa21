// E11 and E18: what a commit costs in messages and bytes, and in message delays.

import type { RunMetrics } from "../../run/result.ts";
import type { LatencySpec } from "../../scenario/schema.ts";
import type { Experiment, PointRuns } from "../experiment.ts";
import type { BarFigure } from "../figure/figure.ts";
import { lineFigure } from "../figure/line-figure.ts";
import { mean } from "../statistics/summary.ts";
import type { Cell, Table } from "../table-form.ts";
import { METRICS, type Metric, aggregateTable, runsTable } from "../table.ts";
import { PROTOCOL_NAMES, combinations, scenarioOf, seedsUpTo, sized } from "./base.ts";

const COST_METRICS: readonly Metric[] = [
  { name: "messages_per_commit", of: ({ metrics }) => ratio(metrics.messagesSent, metrics.commitCount) },
  { name: "bytes_per_commit", of: ({ metrics }) => ratio(metrics.bytesSent, metrics.commitCount) },
  {
    name: "messages_per_transaction",
    of: ({ metrics }) => ratio(metrics.messagesSent * windowShare(metrics), metrics.committedCount),
  },
  {
    name: "bytes_per_transaction",
    of: ({ metrics }) => ratio(metrics.bytesSent * windowShare(metrics), metrics.committedCount),
  },
];

/** Traffic is counted over the whole run, committed transactions within the window, which is cut alike at both ends. */
function windowShare({ windowMs: [from, to] }: RunMetrics): number {
  return (to - from) / (to + from);
}

function ratio(amount: number, count: number): number | null {
  return count === 0 ? null : amount / count;
}

export const COMPLEXITY: Experiment = {
  name: "e11-complexity",
  title: "Messages and bytes",
  summary: "messages and bytes of all nodes for each commit and each committed transaction, as the committee grows",
  points: (size) =>
    combinations(PROTOCOL_NAMES, sized(size, [4, 7, 10], [4, 7, 10, 20, 31, 50, 100])).map(([protocol, n]) => ({
      labels: { protocol, n },
      scenario: scenarioOf({
        name: "complexity",
        protocol,
        size: n,
        durationMs: sized(size, 5000, 20_000),
        transactionsPerSecond: 200,
      }),
      seeds: seedsUpTo(sized(size, 1, 3)),
    })),
  tables: (runs) => [
    aggregateTable("e11-complexity", runs, COST_METRICS),
    runsTable("e11-complexity-runs", runs, [...METRICS, ...COST_METRICS]),
  ],
  figures: ([table]) =>
    table === undefined
      ? []
      : [
          figureOf(table, "messages_per_commit", "messages per commit"),
          figureOf(table, "bytes_per_transaction", "bytes sent per committed transaction (of 512 B)"),
        ],
};

function figureOf(table: Table, column: string, label: string): ReturnType<typeof lineFigure> {
  return lineFigure({
    name: `e11-${column.replaceAll("_", "-")}`,
    title: `Cost at 200 transactions/s: ${label}`,
    table,
    by: ["protocol"],
    x: { label: "committee size n", column: "n", min: 0 },
    y: { label, column, isLogarithmic: true },
  });
}

/** One message delay. So long that nothing else (pauses between blocks, say) is ever waited for. */
const DELTA_MS = 100;
const CONSTANT: LatencySpec = { type: "constant", ms: DELTA_MS };

/**
 * From the making of a block to its commit, in message delays: at its author and at the others, for blocks that lead a
 * commit and for those that a leader takes along.
 */
function delayTable(name: string, runs: readonly PointRuns[]): Table {
  const groups = new Map<string, { labels: readonly Cell[]; delays: number[] }>();
  for (const { point, runs: ofPoint } of runs) {
    for (const { slot, isLeader, isAuthor, delayUs } of ofPoint.flatMap(({ delays }) => delays ?? [])) {
      const where = isAuthor ? "its author" : "the others";
      const labels = [
        point.labels["protocol"] ?? null,
        point.labels["n"] ?? null,
        slot,
        isLeader ? "leader" : "taken along",
        where,
      ];
      const group = groups.get(labels.join("/")) ?? { labels, delays: [] };
      groups.set(labels.join("/"), group);
      group.delays.push(delayUs / 1000 / DELTA_MS);
    }
  }
  const columns = [
    "protocol",
    "n",
    "slot",
    "block",
    "committed_at",
    "count",
    "delays_min",
    "delays_mean",
    "delays_max",
  ];
  const rows = [...groups.values()].map(({ labels, delays }) => [...labels, delays.length, ...extremes(delays)]);
  return { name, columns, rows: rows.sort((left, right) => (left.join("/") < right.join("/") ? -1 : 1)) };
}

function extremes(values: readonly number[]): readonly [number, number, number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, mean(values), most];
}

export const MESSAGE_DELAYS: Experiment = {
  name: "e18-message-delays",
  title: "Message delays to commit",
  summary: "under a constant delay, how many message delays pass from a block's making to its commit",
  points: (size) =>
    combinations(PROTOCOL_NAMES, sized(size, [4], [4, 10])).map(([protocol, n]) => ({
      labels: { protocol, n },
      scenario: scenarioOf({
        name: "message delays",
        protocol,
        size: n,
        durationMs: sized(size, 16_000, 60_000),
        // Dense enough that no round is idle: an idle one waits for what comes next.
        transactionsPerSecond: 100,
        network: { latency: CONSTANT },
      }),
      seeds: [1],
      measuresDelays: true,
    })),
  tables: (runs) => [delayTable("e18-message-delays", runs), runsTable("e18-message-delays-runs", runs)],
  figures: ([table]) => (table === undefined ? [] : [delayFigure(table)]),
};

function delayFigure({ rows }: Table): BarFigure {
  const valueOf = (protocol: string, block: string): number | null => {
    const matching = rows.filter((row) => row[0] === protocol && row[3] === block && row[4] === "its author");
    const [best] = matching.flatMap((row) => (typeof row[7] === "number" ? [row[7]] : []));
    return best ?? null;
  };
  const series = ["leader", "taken along"].map((block) => ({
    name: block === "leader" ? "blocks that lead" : "blocks taken along",
    values: PROTOCOL_NAMES.map((protocol) => valueOf(protocol, block)),
  }));
  return {
    type: "bars",
    name: "e18-message-delays",
    title: "Message delays from a block's making to its commit at its author (mean)",
    y: { label: "message delays", min: 0 },
    categories: PROTOCOL_NAMES,
    series,
  };
}
