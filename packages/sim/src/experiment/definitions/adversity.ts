// E10 and the comparison of the handbook: Byzantine strategies, and the five situations in which protocols differ most.

import { WAN } from "../../scenario/builtin/base.ts";
import type { FaultSpec, NetworkSpec, Scenario } from "../../scenario/schema.ts";
import type { Experiment, Point } from "../experiment.ts";
import type { BarFigure } from "../figure/figure.ts";
import type { Table } from "../table-form.ts";
import { aggregateTable, numberIn, recordsOf, runsTable } from "../table.ts";
import {
  DAG_PROTOCOL_NAMES,
  PROTOCOL_NAMES,
  combinations,
  faultyMax,
  CRASH_AT_MS,
  scenarioOf,
  seedsUpTo,
  sized,
} from "./base.ts";

const RATE = 400;

/** Strategies that any protocol's nodes can follow, and those that speak our blocks. */
const ANY_STRATEGIES: readonly string[] = ["silent", "late-sender", "stale-replay", "crash-recover", "leader-hider"];
const BLOCK_STRATEGIES: readonly string[] = [
  "equivocator",
  "equivocator-flood",
  "twins",
  "staller",
  "leader-shunner",
  "vote-splitter",
  "chain-bomb",
  "reference-flooder",
  "wrong-parents",
  "coin-share-withholder",
];
const QUICK_STRATEGIES: readonly string[] = ["silent", "equivocator"];

function strategyPoint(size: "quick" | "paper", protocol: string, strategy: string): Point {
  const n = sized(size, 4, 10);
  const behaviours = strategy === "none" ? [] : [{ name: strategy, nodes: { last: faultyMax(n) } }];
  return {
    labels: { strategy, protocol },
    scenario: scenarioOf({
      name: `strategy ${strategy}`,
      protocol,
      size: n,
      durationMs: sized(size, 6000, 30_000),
      transactionsPerSecond: RATE,
      adversary: { behaviours },
    }),
    seeds: seedsUpTo(sized(size, 1, 5)),
  };
}

export const BYZANTINE_STRATEGIES: Experiment = {
  name: "e10-byzantine",
  title: "Byzantine strategies",
  summary: "latency, throughput and committed share with f nodes that follow each strategy",
  points: (size) => {
    const isWanted = (name: string): boolean => size === "paper" || QUICK_STRATEGIES.includes(name);
    const forAny = combinations(["none", ...ANY_STRATEGIES.filter(isWanted)], PROTOCOL_NAMES);
    const forBlocks = combinations(BLOCK_STRATEGIES.filter(isWanted), DAG_PROTOCOL_NAMES);
    return [...forAny, ...forBlocks].map(([strategy, protocol]) => strategyPoint(size, protocol, strategy));
  },
  tables: (runs) => [aggregateTable("e10-byzantine", runs), runsTable("e10-byzantine-runs", runs)],
  figures: ([table]) =>
    table === undefined
      ? []
      : [
          barsOf(table, {
            name: "e10-latency",
            title: "Latency with f nodes that follow a strategy",
            category: "strategy",
            column: "latency_p50_ms",
            label: "median latency (ms)",
          }),
          barsOf(table, {
            name: "e10-throughput",
            title: `Throughput with f nodes that follow a strategy, ${RATE} transactions/s offered`,
            category: "strategy",
            column: "throughput_tps",
            label: "throughput (transactions/s)",
          }),
        ],
};

interface Situation {
  readonly name: string;
  readonly durationMs: number;
  readonly network?: NetworkSpec;
  readonly faults?: (size: number) => readonly FaultSpec[];
  readonly adversary?: (size: number) => Scenario["adversary"];
}

const SITUATIONS: readonly Situation[] = [
  { name: "good WAN", durationMs: 30_000 },
  {
    name: "f crashed",
    durationMs: 60_000,
    faults: (size) => [{ type: "crash", nodes: { last: faultyMax(size) }, fromMs: CRASH_AT_MS }],
  },
  {
    name: "leader-hider",
    durationMs: 30_000,
    adversary: (size) => ({ behaviours: [{ name: "leader-hider", nodes: { last: faultyMax(size) } }] }),
  },
  {
    name: "20 s partition",
    durationMs: 60_000,
    faults: (size) => [
      { type: "partition", fromMs: 15_000, toMs: 35_000, shape: { type: "sides", sides: halvesOf(size) } },
    ],
  },
  {
    // Every known leader hidden for as long as it takes, everything else delayed at random.
    name: "scheduler",
    durationMs: 60_000,
    network: { ...WAN, isFifo: false },
    adversary: () => ({
      behaviours: [{ name: "leader-scheduler", options: { holdMaxMs: 30_000 } }, { name: "random-scheduler" }],
    }),
  },
];

function situationPoint(size: "quick" | "paper", situation: Situation, protocol: string): Point {
  const n = sized(size, 4, 10);
  const { name, durationMs, network, faults, adversary } = situation;
  return {
    labels: { situation: name, protocol },
    scenario: scenarioOf({
      name,
      protocol,
      size: n,
      durationMs: name === "20 s partition" ? durationMs : sized(size, durationMs / 4, durationMs),
      transactionsPerSecond: sized(size, 100, RATE),
      ...(network === undefined ? {} : { network }),
      ...(faults === undefined ? {} : { faults: faults(n) }),
      ...(adversary === undefined ? {} : { adversary: adversary(n) }),
    }),
    seeds: seedsUpTo(sized(size, 1, 5)),
  };
}

export const COMPARE: Experiment = {
  name: "compare",
  title: "Four protocols, five situations",
  summary:
    "ours, P slots only, C slots only and HotStuff: good WAN, f crashed, leader-hider, 20 s partition, scheduler",
  points: (size) =>
    combinations(SITUATIONS, PROTOCOL_NAMES).map(([situation, protocol]) => situationPoint(size, situation, protocol)),
  tables: (runs) => [aggregateTable("compare", runs), runsTable("compare-runs", runs)],
  figures: ([table]) =>
    table === undefined
      ? []
      : [
          barsOf(table, {
            name: "compare-latency",
            title: "Median end-to-end latency (“none”: nothing was committed)",
            category: "situation",
            column: "latency_p50_ms",
            label: "median latency (ms)",
            isLogarithmic: true,
          }),
          barsOf(table, {
            name: "compare-p99",
            title: "99th percentile of end-to-end latency",
            category: "situation",
            column: "latency_p99_ms",
            label: "p99 latency (ms)",
            isLogarithmic: true,
          }),
          barsOf(table, {
            name: "compare-share",
            title: "Share of the transactions offered that was committed within the window",
            category: "situation",
            column: "committed_share",
            label: "committed share",
          }),
        ],
};

interface BarsDraft {
  readonly name: string;
  readonly title: string;
  /** Label column whose values are the groups. */
  readonly category: string;
  readonly column: string;
  readonly label: string;
  readonly isLogarithmic?: boolean;
}

function barsOf(table: Table, draft: BarsDraft): BarFigure {
  const records = recordsOf(table);
  const categories = [...new Set(records.map((record) => String(record[draft.category])))];
  const protocols = [...new Set(records.map((record) => String(record["protocol"])))];
  const series = protocols.map((name) => ({
    name,
    values: categories.map((category) => {
      const record = records.find((row) => row[draft.category] === category && row["protocol"] === name);
      return record === undefined ? undefined : numberIn(record, draft.column);
    }),
  }));
  const y = draft.isLogarithmic === true ? { label: draft.label, isLogarithmic: true } : { label: draft.label, min: 0 };
  return { type: "bars", name: draft.name, title: draft.title, y, categories, series };
}

function halvesOf(size: number): number[][] {
  const all = Array.from({ length: size }, (_, index) => index);
  return [all.filter((index) => index % 2 === 0), all.filter((index) => index % 2 === 1)];
}
