// E15: the fault-tolerance frontier. For every number of crashed and of Byzantine nodes, within what a protocol promises
// to bear and beyond: how often was it safe, how often did it go on committing, and how fast did it recover afterwards.

import type { Experiment, Point, PointRun, PointRuns } from "../experiment.ts";
import type { HeatFigure } from "../figure/figure.ts";
import { clopperPearson } from "../statistics/binomial.ts";
import { median } from "../statistics/summary.ts";
import type { Cell, Table } from "../table-form.ts";
import { runsTable } from "../table.ts";
import { DAG_PROTOCOL_NAMES, combinations, faultyMax, scenarioOf, seedsUpTo, sized } from "./base.ts";

/** Nodes are lost one second into the run; whoever still commits in its last two fifths is live. */
const LOST_AT_MS = 1000;
const LAST_SHARE = 0.6;
/** Short beside the runs, and several of the longest message delays, for engines that count on timeouts. */
const HOTSTUFF_TIMEOUT_MS = 300;

interface Family {
  readonly protocol: string;
  readonly strategy: string;
}

const FAMILIES: readonly Family[] = [
  ...DAG_PROTOCOL_NAMES.map((protocol) => ({ protocol, strategy: "equivocator" })),
  { protocol: "selvedge", strategy: "silent" },
  { protocol: "hotstuff", strategy: "silent" },
];

function frontierPoint(
  family: Family,
  counts: { n: number; crashed: number; byzantine: number },
  run: { durationMs: number; seedCount: number },
): Point {
  const { protocol, strategy } = family;
  const { n, crashed, byzantine } = counts;
  const nodes = Array.from({ length: crashed }, (_, index) => index);
  const behaviours = byzantine === 0 ? [] : [{ name: strategy, nodes: { last: byzantine } }];
  const scenario = scenarioOf({
    name: "frontier",
    protocol,
    size: n,
    durationMs: run.durationMs,
    transactionsPerSecond: 20,
    network: { latency: { type: "uniform", minMs: 10, maxMs: 60 } },
    faults: crashed === 0 ? [] : [{ type: "crash", nodes, fromMs: LOST_AT_MS }],
    adversary: { behaviours, budget: { nodes: byzantine } },
    liveness: { core: "random" },
  });
  const local = { ...scenario.protocol.local, timeoutMs: HOTSTUFF_TIMEOUT_MS };
  return {
    labels: { protocol, strategy, n, crashed, byzantine },
    scenario: protocol === "hotstuff" ? { ...scenario, protocol: { name: protocol, local } } : scenario,
    seeds: seedsUpTo(run.seedCount),
  };
}

function isSafe({ result }: PointRun): boolean {
  return result.findings.every(({ verdict }) => verdict !== "UNSAFE" && verdict !== "CRASHED");
}

function isLive({ result }: PointRun, durationMs: number): boolean {
  const last = result.seconds.filter(
    ({ second }) => second >= (durationMs * LAST_SHARE) / 1000 && second < durationMs / 1000,
  );
  return last.some(({ committed }) => committed > 0);
}

const PROBABILITY_COLUMNS = ["p_safety", "p_liveness"].flatMap((name) => [name, `${name}_low`, `${name}_high`]);

function frontierTable(name: string, runs: readonly PointRuns[]): Table {
  const labels = ["protocol", "strategy", "n", "crashed", "byzantine"];
  const columns = [...labels, "within_promise", "runs", ...PROBABILITY_COLUMNS, "recovered", "recovery_median_ms"];
  const rows = runs.map(({ point, runs: ofPoint }) => {
    const { n, crashed, byzantine } = point.labels;
    const isPromised = Number(crashed) + Number(byzantine) <= faultyMax(Number(n));
    const recoveries = ofPoint.flatMap(({ result }) => result.recoveryMs ?? []);
    return [
      ...labels.map((label): Cell => point.labels[label] ?? null),
      isPromised ? "yes" : "no",
      ofPoint.length,
      ...probability(ofPoint.filter(isSafe).length, ofPoint.length),
      ...probability(ofPoint.filter((run) => isLive(run, point.scenario.durationMs)).length, ofPoint.length),
      recoveries.length,
      recoveries.length === 0 ? null : median(recoveries),
    ];
  });
  return { name, columns, rows };
}

function probability(successes: number, trials: number): readonly Cell[] {
  return [successes / trials, ...clopperPearson(successes, trials)];
}

export const FRONTIER: Experiment = {
  name: "e15-frontier",
  title: "Fault-tolerance frontier",
  summary: "probability of safety and of liveness over crashed and Byzantine nodes, with exact intervals",
  points: (size) => {
    const sizes = sized(size, [4], [4, 7, 10]);
    const families = sized(
      size,
      [0, 4].flatMap((index) => FAMILIES[index] ?? []),
      FAMILIES,
    );
    return combinations(families, sizes).flatMap(([family, n]) => {
      const most = sized(size, faultyMax(n) + 1, Math.ceil(n / 2));
      const counts = Array.from({ length: most + 1 }, (_, count) => count);
      return combinations(counts, counts)
        .filter(([crashed, byzantine]) => crashed + byzantine < n)
        .map(([crashed, byzantine]) =>
          frontierPoint(
            family,
            { n, crashed, byzantine },
            { durationMs: sized(size, 5000, 12_000), seedCount: sized(size, 3, 20) },
          ),
        );
    });
  },
  tables: (runs) => [frontierTable("e15-frontier", runs), runsTable("e15-frontier-runs", runs)],
  figures: ([table]) => (table === undefined ? [] : heatFigures(table)),
};

function heatFigures(table: Table): readonly HeatFigure[] {
  const position = (column: string): number => table.columns.indexOf(column);
  const numberAt = (row: readonly Cell[], column: string): number => Number(row[position(column)]);
  const groups = new Map<string, (readonly Cell[])[]>();
  for (const row of table.rows) {
    const key = row.slice(0, 3).join(" ");
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups].flatMap(([key, rows]) => {
    const [protocol = "", strategy = "", n = ""] = key.split(" ");
    return (["safety", "liveness"] as const).map((what): HeatFigure => ({
      type: "heat",
      name: `e15-${what}-${protocol}-${strategy}-${n}`,
      title: `P(${what}): ${protocol}, n = ${n}, Byzantine nodes: ${strategy}`,
      x: { label: "crashed nodes", values: distinct(rows.map((row) => numberAt(row, "crashed"))) },
      y: { label: "Byzantine nodes", values: distinct(rows.map((row) => numberAt(row, "byzantine"))) },
      cells: rows.map((row) => {
        const value = numberAt(row, `p_${what}`);
        const [low, high] = [numberAt(row, `p_${what}_low`), numberAt(row, `p_${what}_high`)];
        const text = `${value.toFixed(2)}\n[${low.toFixed(2)}, ${high.toFixed(2)}]`;
        return { x: numberAt(row, "crashed"), y: numberAt(row, "byzantine"), value, text };
      }),
    }));
  });
}

function distinct(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((left, right) => left - right);
}
