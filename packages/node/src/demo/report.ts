// The report of a demonstration: everything that was measured as JSON, accuracy and latency over time as SVG.

import { join } from "node:path";
import { writeFileAtomically } from "../storage/files.ts";
import { type DemoChartInput, renderDemoChart } from "../training/report-chart.ts";
import type { AbsenteeFigures, Check, KilledFinding } from "./outcome.ts";
import { DEMO_MODEL_ID, type DemoPlan } from "./plan.ts";
import type { PoisonerFigures } from "./poisoner.ts";
import type { SimulatedCurves } from "./simulation.ts";
import type { StudiedVersion } from "./study-lineage.ts";
import type { Latencies } from "./tally.ts";

export interface TimedVersion extends Latencies {
  readonly version: number;
  /** Since the run began. */
  readonly closedAtSeconds: number;
  readonly accuracy: number;
  readonly certifiedCount: number;
  readonly validatorsUp: number;
}

export interface TimedMark {
  readonly atSeconds: number;
  readonly text: string;
}

export interface DemoResults {
  readonly plan: DemoPlan;
  readonly home: string;
  readonly durationSeconds: number;
  readonly chainId: string;
  readonly checks: readonly Check[];
  /** Versions that closed in this run, version 0 or the one continued from first. */
  readonly timed: readonly TimedVersion[];
  readonly marks: readonly TimedMark[];
  readonly latencies: Latencies;
  readonly certifiedCount: number;
  readonly refusedByReason: Readonly<Record<string, number>>;
  readonly lineage: readonly StudiedVersion[];
  readonly poisoner: PoisonerFigures;
  readonly absentee: AbsenteeFigures;
  readonly killed: KilledFinding | null;
  readonly simulation: SimulatedCurves;
}

export interface ReportPaths {
  readonly json: string;
  readonly svg: string;
}

export async function writeReport(results: DemoResults): Promise<ReportPaths> {
  const paths = { json: join(results.home, "report.json"), svg: join(results.home, "report.svg") };
  await writeFileAtomically(paths.json, `${JSON.stringify(reportOf(results), undefined, 2)}\n`, 0o640);
  await writeFileAtomically(paths.svg, renderDemoChart(chartOf(results)), 0o640);
  return paths;
}

function reportOf(results: DemoResults): object {
  const { simulation, plan, ...rest } = results;
  return {
    format: "selvedge-demo-report/1",
    model: DEMO_MODEL_ID,
    data: plan.dataFolder ?? "digits drawn by the program",
    passed: results.checks.every(({ isHeld }) => isHeld),
    plan,
    ...rest,
    simulation: {
      note: "The same seed, data, devices and policy in one process and in virtual time; not a run of the network.",
      accuracyWithClipping: simulation.clipped,
      accuracyWithoutClipping: simulation.unclipped,
    },
  };
}

function chartOf({ plan, timed, marks, simulation }: DemoResults): DemoChartInput {
  const data = plan.dataFolder === null ? "digits drawn by the program" : "MNIST";
  return {
    title: "Four validators agree on what eight devices have learnt",
    subtitle: `${data}, seed ${plan.seed}; one device poisons, one is mostly offline. Without clipping: a simulation of the same seed.`,
    versions: timed.map(({ version, closedAtSeconds, accuracy }) => ({
      version,
      closedAtSeconds,
      accuracy,
      accuracyWithoutClipping: simulation.unclipped[version] ?? null,
    })),
    latencies: timed
      .filter(({ commitP50Ms }) => commitP50Ms !== null)
      .map(({ closedAtSeconds, commitP50Ms, receiptP50Ms }) => ({
        atSeconds: closedAtSeconds,
        commitP50Ms,
        receiptP50Ms,
      })),
    marks,
  };
}
