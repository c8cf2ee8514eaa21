// E7, E8, E9: the distribution of latency, lost messages, and messages that an adversary delays.

import { WAN } from "../../scenario/builtin/base.ts";
import type { FaultSpec, NetworkSpec } from "../../scenario/schema.ts";
import type { Experiment, Point, PointRuns } from "../experiment.ts";
import { lineFigure } from "../figure/line-figure.ts";
import { quantileOfSorted } from "../statistics/summary.ts";
import type { Table } from "../table-form.ts";
import { aggregateTable, runsTable } from "../table.ts";
import { CRASH_AT_MS, PROTOCOL_NAMES, combinations, faultyMax, scenarioOf, seedsUpTo, sized } from "./base.ts";

const LATENCY_AXIS = { label: "end-to-end latency, median (ms)", column: "latency_p50_ms", min: 0 };
const RATE = 400;

interface Condition {
  readonly name: string;
  readonly network: NetworkSpec;
  readonly faults: (size: number) => readonly FaultSpec[];
}

const CDF_CONDITIONS: readonly Condition[] = [
  { name: "good", network: WAN, faults: () => [] },
  {
    name: "crashed",
    network: WAN,
    faults: (size) => [{ type: "crash", nodes: { last: faultyMax(size) }, fromMs: CRASH_AT_MS }],
  },
  { name: "loss", network: { ...WAN, loss: { probability: 0.01 } }, faults: () => [] },
];

/** Per cent, up to the last that a sample of thousands tells anything about. */
const SHARES: readonly number[] = [...Array.from({ length: 99 }, (_, index) => (index + 1) / 100), 0.995, 0.999];

/** Latencies of all seeds together: their quantiles. */
function quantileTable(name: string, runs: readonly PointRuns[]): Table {
  const rows = runs.flatMap(({ point, runs: ofPoint }) => {
    const latencies = ofPoint.flatMap(({ result }) => result.latenciesMs ?? []).sort((left, right) => left - right);
    const labels = [point.labels["condition"] ?? null, point.labels["protocol"] ?? null];
    return SHARES.map((share) => [...labels, share, quantileOfSorted(latencies, share), latencies.length]);
  });
  return { name, columns: ["condition", "protocol", "share", "latency_ms", "count"], rows };
}

export const LATENCY_CDF: Experiment = {
  name: "e7-latency-cdf",
  title: "Distribution of latency",
  summary: "end-to-end latency as a distribution: good WAN, f crashed, 1 % loss",
  points: (size) => {
    const n = sized(size, 4, 10);
    return combinations(sized(size, CDF_CONDITIONS.slice(0, 1), CDF_CONDITIONS), PROTOCOL_NAMES).map(
      ([{ name, network, faults }, protocol]): Point => ({
        labels: { condition: name, protocol },
        scenario: scenarioOf({
          name: `latency ${name}`,
          protocol,
          size: n,
          durationMs: sized(size, 6000, 60_000),
          transactionsPerSecond: RATE,
          network,
          faults: faults(n),
        }),
        seeds: seedsUpTo(sized(size, 1, 5)),
        keepLatencies: true,
      }),
    );
  },
  tables: (runs) => [quantileTable("e7-latency-cdf", runs), runsTable("e7-latency-cdf-runs", runs)],
  figures: ([table]) =>
    CDF_CONDITIONS.filter(({ name }) => table?.rows.some(([condition]) => condition === name)).map(({ name }) => ({
      ...lineFigure({
        name: `e7-latency-cdf-${name}`,
        title: `Distribution of latency: ${name}`,
        table: table ?? { name: "", columns: [], rows: [] },
        by: ["protocol"],
        x: { label: "end-to-end latency (ms)", column: "latency_ms", min: 0 },
        y: { label: "share of transactions", column: "share", min: 0, max: 1 },
        where: (record) => record["condition"] === name,
      }),
      isDense: true,
    })),
};

export const LOSS: Experiment = {
  name: "e8-loss",
  title: "Lost messages",
  summary: "latency and throughput as messages are lost independently, 0 to 5 %",
  points: (size) =>
    combinations(PROTOCOL_NAMES, sized(size, [0, 2], [0, 0.1, 0.5, 1, 2, 5])).map(([protocol, percent]) => ({
      labels: { protocol, loss_percent: percent },
      scenario: scenarioOf({
        name: "loss",
        protocol,
        size: sized(size, 4, 10),
        durationMs: sized(size, 6000, 60_000),
        transactionsPerSecond: RATE,
        network: { ...WAN, loss: { probability: percent / 100 } },
      }),
      seeds: seedsUpTo(sized(size, 2, 5)),
    })),
  tables: (runs) => [aggregateTable("e8-loss", runs), runsTable("e8-loss-runs", runs)],
  figures: ([table]) =>
    table === undefined
      ? []
      : [
          lineFigure({
            name: "e8-loss",
            title: "Latency under independent message loss",
            table,
            by: ["protocol"],
            x: { label: "messages lost (%)", column: "loss_percent" },
            y: { ...LATENCY_AXIS, isLogarithmic: true },
          }),
          lineFigure({
            name: "e8-loss-throughput",
            title: `Throughput under independent message loss, ${RATE} transactions/s offered`,
            table,
            by: ["protocol"],
            x: { label: "messages lost (%)", column: "loss_percent" },
            y: { label: "throughput (transactions/s)", column: "throughput_tps", min: 0 },
          }),
        ],
};

export const ADVERSARIAL_DELAY: Experiment = {
  name: "e9-adversarial-delay",
  title: "Delayed nodes",
  summary: "latency as everything that f nodes send is delayed further and further",
  points: (size) => {
    const n = sized(size, 4, 10);
    const delays = sized(size, [0, 500], [0, 50, 100, 200, 400, 800, 1600]);
    return combinations(PROTOCOL_NAMES, delays).map(([protocol, delayMs]) => ({
      labels: { protocol, delay_ms: delayMs },
      scenario: scenarioOf({
        name: "adversarial delay",
        protocol,
        size: n,
        durationMs: sized(size, 8000, 60_000),
        transactionsPerSecond: RATE,
        faults: delayMs === 0 ? [] : [{ type: "link", from: { last: faultyMax(n) }, extraDelayMs: delayMs }],
      }),
      seeds: seedsUpTo(sized(size, 2, 5)),
    }));
  },
  tables: (runs) => [aggregateTable("e9-adversarial-delay", runs), runsTable("e9-adversarial-delay-runs", runs)],
  figures: ([table]) =>
    table === undefined
      ? []
      : [
          lineFigure({
            name: "e9-adversarial-delay",
            title: "Latency with f nodes whose messages are delayed",
            table,
            by: ["protocol"],
            x: { label: "delay added to what f nodes send (ms)", column: "delay_ms" },
            y: LATENCY_AXIS,
          }),
        ],
};
