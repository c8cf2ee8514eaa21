// What a swarm has exercised: each thing that can happen, and in how many runs it did. Printed with every swarm, so that one
// that never saw a coin decide, a torn disk or a villain act does not pass for a thorough one. Reads results alone, so that
// runs may be made by worker threads or other machines.

import { BEHAVIOURS } from "../adversary/registry.ts";
import { ACCESS_PROFILES } from "../network/data/access-profiles.ts";
import type { RunResult } from "../run/result.ts";
import type { FaultSpec, Scenario } from "../scenario/schema.ts";
import { actorNames, faultName } from "../world/actor-names.ts";

/** By name of what was seen, in how many runs. */
export type SwarmCoverage = Readonly<Record<string, number>>;

/** What this run has exercised, each thing once. */
export function exercisedIn(scenario: Scenario, result: RunResult): readonly string[] {
  const hasFired = (name: string): boolean => (result.fired[name] ?? 0) > 0;
  const behaviours = scenario.adversary.behaviours.map(({ name }) => name);
  const actors = actorNames(behaviours, scenario.faults);
  const { metrics } = result;
  return [
    ...scenario.faults.flatMap((fault, place) =>
      hasFired(faultName(fault, place)) ? [`fault: ${faultKind(fault)}`] : [],
    ),
    ...behaviours.flatMap((name, place) => (hasFired(actors[place] ?? name) ? [`villain: ${name}`] : [])),
    ...Object.keys(result.fired).flatMap((name) =>
      name.startsWith("network.") && hasFired(name) ? [`network: ${name.slice(8)}`] : [],
    ),
    ...Object.keys(metrics.commitsPerSlot).map((slot) => `commit: through a ${slot.slice(0, 1)} slot`),
    ...Object.keys(result.exercised).flatMap((name) => ((result.exercised[name] ?? 0) > 0 ? [`checker: ${name}`] : [])),
    ...(metrics.receipt.count > 0 ? ["update: receipt"] : []),
    ...(metrics.certified.count > 0 ? ["update: certified"] : []),
    ...(metrics.versionCount > 0 ? ["update: version closed"] : []),
    ...accessIn(scenario),
    ...(scenario.workload.rivalShift !== undefined && metrics.receipt.count > 0
      ? ["update: receipt among rivals"]
      : []),
    ...(scenario.execution.crypto === "real" ? ["coin: real"] : []),
    ...(scenario.execution.codec === "bytes" ? ["codec: bytes"] : []),
    ...(result.recoveryMs === null ? [] : [`recovery: ${bracketOf(result.recoveryMs)}`]),
  ];
}

export function withRun(coverage: SwarmCoverage, seen: readonly string[]): SwarmCoverage {
  return addedCoverage(coverage, Object.fromEntries(seen.map((name) => [name, 1])));
}

/** In the runs of both, by name. */
function addedCoverage(left: SwarmCoverage, right: SwarmCoverage): SwarmCoverage {
  const sum = new Map(Object.entries(left));
  for (const [name, count] of Object.entries(right)) sum.set(name, (sum.get(name) ?? 0) + count);
  return Object.fromEntries([...sum].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What a swarm should see sooner or later and this one did not. */
export function unseenIn(coverage: SwarmCoverage): readonly string[] {
  return [...EXPECTED, ...BEHAVIOURS.map(({ name }) => `villain: ${name}`)].filter(
    (name) => coverage[name] === undefined,
  );
}

/** What was exercised and in how many runs, then what never was; as the command line prints it. */
export function coverageText(coverage: SwarmCoverage): string {
  const seen = Object.entries(coverage).map(([name, count]) => `${String(count).padStart(8)}  ${name}`);
  const unseen = unseenIn(coverage).map((name) => `   never  ${name}`);
  return `exercised, in so many runs:\n${[...seen, ...unseen].join("\n")}\n`;
}

const EXPECTED: readonly string[] = [
  ...["sides", "oneWay", "links", "bridge", "ring", "quorum", "leader", "random"].map(
    (shape) => `fault: partition ${shape}`,
  ),
  ...["clean", "unsynced", "torn", "wiped", "rolledBack", "safetyLost", "storeLost"].map(
    (disk) => `fault: crash ${disk}`,
  ),
  ...["link", "pause", "clock", "disk slow", "disk full", "disk flip"].map((kind) => `fault: ${kind}`),
  ...["loss", "duplicate", "reorder", "corrupt"].map((trouble) => `network: ${trouble}`),
  "commit: through a P slot",
  "commit: through a C slot",
  "coin: real",
  "codec: bytes",
  ...ACCESS_PROFILES.map(({ name }) => `access: ${name}`),
  ...["accessLoss", "accessOutage", "accessHandoverLoss"].map((trouble) => `network: ${trouble}`),
  "update: receipt",
  "update: receipt among rivals",
  "update: certified",
  "update: version closed",
];

function accessIn({ network: { access = [] } }: Scenario): readonly string[] {
  return [...new Set(access.map(({ profile }) => `access: ${profile}`))];
}

function faultKind(fault: FaultSpec): string {
  switch (fault.type) {
    case "partition":
      return `partition ${fault.shape.type}`;
    case "crash":
      return `crash ${fault.disk ?? "clean"}`;
    case "disk":
      if (fault.flipBits !== undefined) return "disk flip";
      return fault.fullAfterBytes === undefined ? "disk slow" : "disk full";
    default:
      return fault.type;
  }
}

function bracketOf(recoveryMs: number): string {
  const limit = [100, 1000, 5000, 10_000].find((bound) => recoveryMs <= bound);
  return limit === undefined ? "more than 10000 ms" : `within ${limit} ms`;
}
