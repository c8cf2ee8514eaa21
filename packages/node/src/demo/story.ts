// What the demonstration says at its beginning and at its end, for somebody who has never seen it.

import { DEVICE_COUNT, DRAWN_TEST_COUNT, DRAWN_TRAINING_COUNT } from "../training/defaults.ts";
import type { DemoFolder } from "./folder.ts";
import { figure, percent } from "./outcome.ts";
import { type DemoPlan, KILLED_VALIDATOR, VALIDATOR_COUNT } from "./plan.ts";
import type { DemoResults, ReportPaths } from "./report.ts";
import type { DemoSamples } from "./samples.ts";

export function introduction(plan: DemoPlan, samples: DemoSamples, folder: DemoFolder): readonly string[] {
  const data =
    plan.dataFolder === null
      ? `${DRAWN_TRAINING_COUNT} digits that this program draws itself (strokes with shifts, slant, thickness and noise, seed ${plan.seed}); ${DRAWN_TEST_COUNT} others test the model`
      : `MNIST from ${plan.dataFolder} (seed ${plan.seed}); each device trains on ${plan.training.samplesMax} of its samples a round, all ${samples.test.count} test digits test the model`;
  return [
    `Selvedge demonstration: ${VALIDATOR_COUNT} validator processes agree, version after version, on what ${DEVICE_COUNT} device processes have learnt.`,
    "",
    `  data      ${data}`,
    `  model     a digit reader 784-${plan.hidden}-10; ${plan.versions} versions, 6 updates each, weighted mean with clipping to the median norm`,
    "  devices   the digits are split unevenly (Dirichlet 0.5); device 7 poisons: it sends its update sign-flipped and ten times as large;",
    "            device 6 is online one minute in four, a second standing for a minute",
    `  faults    validator ${KILLED_VALIDATOR} is killed with SIGKILL half-way and comes back`,
    `  folder    ${folder.root}${folder.isContinued ? " (continued)" : ""}`,
    "",
    "Each line is a version that closed: its accuracy on the test digits (weights pulled and verified from the genesis on),",
    "updates accepted and refused so far, and medians since the version before: a block from its making to its commit, an",
    "update from its proposal to its availability receipt.",
    "",
  ];
}

export function summaryLines(results: DemoResults, paths: ReportPaths): readonly string[] {
  const { checks, latencies, plan, simulation, durationSeconds, certifiedCount } = results;
  const failed = checks.filter(({ isHeld }) => !isHeld);
  const refused = Object.values(results.refusedByReason).reduce((sum, count) => sum + count, 0);
  return [
    "",
    "What was shown",
    ...checks.map(({ name, isHeld, detail }) => `  ${isHeld ? "held  " : "FAILED"}  ${name}: ${detail}`),
    "",
    ...poisonerLines(results),
    `Simulated in one process, same seed and devices: ${percent(simulation.clipped.at(-1) ?? Number.NaN)} with clipping, ${percent(simulation.unclipped.at(-1) ?? Number.NaN)} without.`,
    `${certifiedCount} updates accepted, ${refused} refused; commit p50 ${rounded(latencies.commitP50Ms)}, receipt p50 ${rounded(latencies.receiptP50Ms)}; ${durationSeconds.toFixed(0)} s in all.`,
    `Report: ${paths.json}`,
    `        ${paths.svg}`,
    failed.length === 0
      ? `All of it held, seed ${plan.seed}.`
      : `NOT all of it held: ${failed.map(({ name }) => name).join("; ")}.`,
  ];
}

function poisonerLines({ poisoner }: DemoResults): readonly string[] {
  const { norm, honestNorm, pushShareClipped, pushShareUnclipped, appliedUpdates } = poisoner;
  if (appliedUpdates === 0) return [];
  return [
    `The poisoner's deltas have norm ${figure(norm)} (median), the honest ones ${figure(honestNorm)}. Clipped, it made up ${share(pushShareClipped)}`,
    `of a version's push; unclipped it would have been ${share(pushShareUnclipped)}.`,
  ];
}

function share(value: number | null): string {
  return value === null ? "–" : percent(value);
}

function rounded(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)} ms`;
}
