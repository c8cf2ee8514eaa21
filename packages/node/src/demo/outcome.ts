// What a demonstration has to show, as a list of named checks over what was measured. Pure: the exit code and the last
// lines follow from it. A check that could not fail would be no check: each names what was found.

import type { HomeInspection } from "./inspect-home.ts";
import type { PoisonerFigures } from "./poisoner.ts";

export interface Check {
  readonly name: string;
  readonly isHeld: boolean;
  readonly detail: string;
}

export interface Findings {
  readonly versions: number;
  /** Mean over the last few versions. */
  readonly accuracy: number;
  readonly accuracyOfVersion: number;
  readonly accuracyMin: number;
  readonly inspections: readonly HomeInspection[];
  readonly reference: ReferenceFinding;
  readonly poisoner: PoisonerFigures;
  readonly absentee: AbsenteeFigures;
  /** Null if none was killed though one should have been. */
  readonly killed: KilledFinding | "nothing left to train" | null;
  readonly accuracyWithoutClipping: number;
}

export interface ReferenceFinding {
  /** Weights of the last version: as replayed here, as stored by a validator, as pulled and verified by a device. */
  readonly isIdentical: boolean;
  readonly weightsRoot: string;
  readonly finding: string | null;
}

export interface AbsenteeFigures {
  readonly certifiedUpdates: number;
  readonly appliedUpdates: number;
}

export interface KilledFinding {
  readonly validator: number;
  readonly killedAtVersion: number;
  readonly restartedAtVersion: number;
  /** Until it had executed what the others had when it was started again; null if it never did. */
  readonly caughtUpAfterMs: number | null;
}

export function checksOf(findings: Findings): readonly Check[] {
  return [
    accuracyCheck(findings),
    lineageCheck(findings),
    stateRootCheck(findings),
    referenceCheck(findings),
    poisonerCheck(findings),
    absenteeCheck(findings),
    killedCheck(findings),
  ];
}

function accuracyCheck({ accuracy, accuracyOfVersion, accuracyMin, versions }: Findings): Check {
  return {
    name: "the model reads digits",
    isHeld: accuracy >= accuracyMin,
    detail: `version ${versions} reads ${percent(accuracyOfVersion)} of the test digits, the last versions ${percent(accuracy)} on average; at least ${percent(accuracyMin)} is asked for`,
  };
}

function lineageCheck({ inspections, versions }: Findings): Check {
  const broken = inspections.find(({ finding, verifiedVersion }) => finding !== null || verifiedVersion < versions);
  // Which version is a validator's last depends on the moment at which it was stopped; the planned one is everybody's.
  const records = new Set(inspections.map(({ digests }) => digests[versions] ?? "none"));
  const isHeld = broken === undefined && records.size === 1;
  const name = "every lineage replays bit for bit";
  if (isHeld)
    return {
      name,
      isHeld,
      detail: `versions 0 to ${versions}, replayed on the disks of all ${inspections.length} validators`,
    };
  if (broken === undefined)
    return { name, isHeld, detail: `the validators hold different records of version ${versions}` };
  const what = broken.finding ?? `its lineage ends with version ${broken.verifiedVersion}`;
  return { name, isHeld, detail: `validator ${broken.validator}: ${what}` };
}

function stateRootCheck({ inspections }: Findings): Check {
  const index = Math.min(...inspections.map(({ executedIndex }) => executedIndex));
  const roots = new Set(inspections.map(({ stateRoots }) => stateRoots.get(index) ?? "none"));
  const isHeld = index > 0 && roots.size === 1 && !roots.has("none");
  const [root = ""] = roots;
  const detail = isHeld
    ? `state root ${root.slice(0, 16)}… after commit ${index}, on all ${inspections.length}`
    : `${roots.size} state roots after commit ${index}`;
  return { name: "all validators hold the same state", isHeld, detail };
}

function referenceCheck({ reference }: Findings): Check {
  const detail =
    reference.finding ??
    `one process, the same certified updates in the same order: weights ${reference.weightsRoot.slice(0, 16)}…`;
  return { name: "a single process gets identical weights", isHeld: reference.isIdentical, detail };
}

function poisonerCheck({ poisoner, accuracyWithoutClipping }: Findings): Check {
  const { appliedUpdates, versionsWithIt, versions, wasAlwaysClipped } = poisoner;
  const isHeld = appliedUpdates > 0 && wasAlwaysClipped;
  const name = "the poisoner got in and was clipped";
  if (appliedUpdates === 0) return { name, isHeld, detail: "no certified update of it went into a version" };
  const without = `without clipping the same seed ends at ${percent(accuracyWithoutClipping)}`;
  const detail = `in ${versionsWithIt} of ${versions} versions, its deltas scaled by ${figure(poisoner.scale)}; ${without}`;
  return { name, isHeld, detail: wasAlwaysClipped ? detail : `${detail}; not every one was clipped` };
}

function absenteeCheck({ absentee }: Findings): Check {
  const { certifiedUpdates, appliedUpdates } = absentee;
  return {
    name: "the mostly offline device took part",
    isHeld: certifiedUpdates > 0,
    detail: `${certifiedUpdates} of its updates certified, ${appliedUpdates} of them in a version`,
  };
}

function killedCheck({ killed }: Findings): Check {
  const name = "the killed validator came back";
  if (killed === "nothing left to train")
    return { name, isHeld: true, detail: "not in this run: all versions were there already" };
  if (killed === null) return { name, isHeld: false, detail: "none was killed" };
  const { validator, killedAtVersion, restartedAtVersion, caughtUpAfterMs } = killed;
  const away = `validator ${validator} was away from version ${killedAtVersion} to ${restartedAtVersion}`;
  if (caughtUpAfterMs === null) return { name, isHeld: false, detail: `${away} and did not catch up` };
  return {
    name,
    isHeld: true,
    detail: `${away} and had caught up ${(caughtUpAfterMs / 1000).toFixed(1)} s after its start`,
  };
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}
