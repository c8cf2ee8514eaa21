// After all processes have ended: what the disks say, what a single process makes of the same updates, what the poisoner
// achieved, and what the same seed gives without clipping. Answers with everything that the report needs.

import { mustExist } from "@selvedge/integrity";
import type { Devnet } from "../devnet/devnet.ts";
import { ABSENTEE_DEVICE } from "../training/defaults.ts";
import type { Devices } from "./devices.ts";
import { type HomeInspection, inspectHome } from "./inspect-home.ts";
import type { PulledModel } from "./model-reader.ts";
import { type AbsenteeFigures, type ReferenceFinding, checksOf } from "./outcome.ts";
import type { DemoPlan } from "./plan.ts";
import { poisonerFigures } from "./poisoner.ts";
import type { DemoResults } from "./report.ts";
import type { DemoSamples } from "./samples.ts";
import { runSimulation } from "./simulation.ts";
import { type LineageStudy, type StudiedVersion, studyLineage } from "./study-lineage.ts";
import type { Tally } from "./tally.ts";
import { type TrainingResult, lastOf } from "./training-run.ts";

export interface VerificationInput {
  readonly plan: DemoPlan;
  readonly samples: DemoSamples;
  readonly devnet: Devnet;
  readonly devices: Devices;
  readonly training: TrainingResult;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

export type VerifiedResults = Omit<DemoResults, "plan" | "home" | "durationSeconds" | "timed" | "marks">;

export async function verifyRun(input: VerificationInput): Promise<VerifiedResults> {
  const { plan, samples, devnet, training, tally, signal } = input;
  // In a thread of its own, while the disks are read here.
  const simulating = runSimulation(plan, samples, signal);
  simulating.catch(() => undefined);
  const inspections = await inspectAll(devnet, signal);
  const study = await studyLineage(mustExist(devnet.nodes[0], "there is a validator").home, devnet.genesis);
  const simulation = await simulating;
  const last = lastOf(training.timed);
  const poisoner = poisonerFigures(study.versions);
  const absentee = absenteeFigures(input, study.versions);
  const checks = checksOf({
    versions: last.version,
    accuracy: accuracyOfLast(training.timed),
    accuracyOfVersion: last.accuracy,
    accuracyMin: plan.accuracyMin,
    inspections,
    reference: referenceFinding(study, training.pulled),
    poisoner,
    absentee,
    killed: training.wasComplete ? "nothing left to train" : training.killed,
    accuracyWithoutClipping: simulation.unclipped.at(-1) ?? Number.NaN,
  });
  return {
    chainId: devnet.chainId,
    checks,
    latencies: tally.latencies,
    certifiedCount: tally.certifiedCount,
    refusedByReason: tally.refusedByReason,
    lineage: study.versions,
    poisoner,
    absentee,
    killed: training.killed,
    simulation,
  };
}

/** The training swings by some points from version to version, so the last few are judged: a quarter of them, at most five. */
const JUDGED_MAX = 5;

function accuracyOfLast(timed: readonly { readonly accuracy: number }[]): number {
  const judged = timed.slice(-Math.max(1, Math.min(JUDGED_MAX, Math.floor(timed.length / 4))));
  return judged.reduce((sum, { accuracy }) => sum + accuracy, 0) / judged.length;
}

async function inspectAll(devnet: Devnet, signal: AbortSignal): Promise<readonly HomeInspection[]> {
  const inspections: HomeInspection[] = [];
  for (const { index, home } of devnet.nodes) {
    signal.throwIfAborted();
    inspections.push(await inspectHome(index, home, devnet.genesis));
  }
  return inspections;
}

/** Three ways to the same bytes. */
function referenceFinding(study: LineageStudy, pulled: PulledModel): ReferenceFinding {
  const { version, weightsRoot, file } = pulled;
  if (version === 0) return { isIdentical: false, weightsRoot, finding: "there is no version to replay" };
  const pair = study.weightsAt(version);
  if (pair === undefined)
    return { isIdentical: false, weightsRoot, finding: study.finding ?? `version ${version} is missing` };
  const isIdentical = Buffer.compare(pair.replayed, pair.stored) === 0 && Buffer.compare(pair.replayed, file) === 0;
  return { isIdentical, weightsRoot, finding: isIdentical ? null : `the weights of version ${version} differ` };
}

function absenteeFigures({ devices }: VerificationInput, versions: readonly StudiedVersion[]): AbsenteeFigures {
  const updates = versions.flatMap((version) => version.updates);
  const appliedUpdates = updates.filter(({ device }) => device === ABSENTEE_DEVICE).length;
  // What went into a version was certified, also in an earlier run on this folder.
  return { appliedUpdates, certifiedUpdates: Math.max(appliedUpdates, devices.certifiedCount(ABSENTEE_DEVICE)) };
}
