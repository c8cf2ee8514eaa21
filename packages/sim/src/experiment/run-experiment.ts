// Runs an experiment's points and makes its tables and figures. Where runs happen is the caller's matter: one after the
// other in this thread by default, or wherever an executor sends them; the outcome is the same to the last byte.

import { microsOfMs } from "../kernel/time.ts";
import type { RunResult } from "../run/result.ts";
import { runScenario } from "../run/run-scenario.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { Experiment, Point, PointRun, PointRuns } from "./experiment.ts";
import type { Figure } from "./figure/figure.ts";
import { DelayMeter } from "./message-delays.ts";
import type { Table } from "./table-form.ts";

export interface RunRequest {
  readonly scenario: Scenario;
  readonly keepLatencies: boolean;
}

/** Results in the order of the requests; `onDone` after each. */
export type ExecuteRuns = (requests: readonly RunRequest[], onDone: () => void) => Promise<readonly RunResult[]>;

export interface RunMeans {
  /** Default: one after the other, here. */
  readonly execute?: ExecuteRuns;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ExperimentOutcome {
  readonly points: readonly Point[];
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
}

/** `points`: those of the experiment, or those that a manifest holds. */
export async function runExperiment(
  experiment: Experiment,
  points: readonly Point[],
  means: RunMeans = {},
): Promise<ExperimentOutcome> {
  const runs = await runPoints(points, means);
  const tables = experiment.tables(runs);
  return { points, tables, figures: experiment.figures(tables) };
}

async function runPoints(points: readonly Point[], means: RunMeans = {}): Promise<readonly PointRuns[]> {
  const { execute = executeHere, onProgress = () => {} } = means;
  const wanted = points.flatMap((point) =>
    point.seeds.map((seed) => ({ point, seed, request: requestOf(point, seed) })),
  );
  let done = 0;
  const onDone = (): void => onProgress((done += 1), wanted.length);
  const sent = wanted.filter(({ point }) => point.measuresDelays !== true);
  const results = await execute(
    sent.map(({ request }) => request),
    onDone,
  );
  const byRequest = new Map(sent.map(({ request }, index) => [request, results[index]] as const));
  const runs = new Map<Point, PointRun[]>(points.map((point) => [point, []]));
  for (const { point, seed, request } of wanted) {
    const result = byRequest.get(request);
    runs.get(point)?.push(result === undefined ? measured(request.scenario, seed) : { seed, result, delays: null });
    if (result === undefined) onDone();
  }
  return points.map((point) => ({ point, runs: runs.get(point) ?? [] }));
}

const executeHere: ExecuteRuns = async (requests, onDone) => {
  const results: RunResult[] = [];
  for (const { scenario, keepLatencies } of requests) {
    results.push(runScenario(scenario, { keepLatencies }));
    onDone();
    // Lets a signal or another task in between two runs.
    await Promise.resolve();
  }
  return results;
};

function requestOf({ scenario, keepLatencies = false }: Point, seed: number): RunRequest {
  return { scenario: { ...scenario, seed }, keepLatencies };
}

const WARM_UP_SHARE = 0.25;

function measured(scenario: Scenario, seed: number): PointRun {
  const lengthUs = microsOfMs(scenario.durationMs);
  const meter = new DelayMeter({ fromUs: lengthUs * WARM_UP_SHARE, toUs: lengthUs * (1 - WARM_UP_SHARE) });
  const result = runScenario(scenario, { observers: [meter.observer] });
  return { seed, result, delays: meter.delays };
}
