// What an experiment is: a list of points (a scenario, its labels, its seeds), how their results become tables, and how
// tables become figures. Definitions are in definitions/; run-experiment.ts runs them; nothing here runs anything.

import type { RunResult } from "../run/result.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { Figure } from "./figure/figure.ts";
import type { Table } from "./table-form.ts";

/** "quick": seconds, for tests and a first look. "paper": what is printed. */
export type ExperimentSize = "quick" | "paper";

export type Labels = Readonly<Record<string, string | number>>;

export interface Point {
  /** Columns of the tables, and what figures tell series apart by. */
  readonly labels: Labels;
  /** Its seed is replaced by each of `seeds` in turn. */
  readonly scenario: Scenario;
  readonly seeds: readonly number[];
  /** Every latency is needed, not only their summary. */
  readonly keepLatencies?: boolean;
  /** Besides the result, the delay of every commit (message-delays.ts); such points run in this thread. */
  readonly measuresDelays?: boolean;
}

export interface PointRun {
  readonly seed: number;
  readonly result: RunResult;
  /** Commit delays by what was measured, for points that ask for them. */
  readonly delays: readonly CommitDelay[] | null;
}

/** How long after its making a block (or proposal) was committed, at one node. */
export interface CommitDelay {
  readonly slot: string;
  /** The block is the leader of its commit, or was taken along. */
  readonly isLeader: boolean;
  readonly isAuthor: boolean;
  readonly delayUs: number;
}

export interface PointRuns {
  readonly point: Point;
  /** In the order of the point's seeds. */
  readonly runs: readonly PointRun[];
}

export interface Experiment {
  /** As on the command line: "e1-latency-throughput". */
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly points: (size: ExperimentSize) => readonly Point[];
  readonly tables: (runs: readonly PointRuns[]) => readonly Table[];
  readonly figures: (tables: readonly Table[]) => readonly Figure[];
}
