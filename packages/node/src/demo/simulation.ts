// The same seed in one process and in virtual time, with clipping and without. It is a simulation and says so in the
// report: the network's own run cannot be had twice, one with clipping and one without, on the same arrivals.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { assert } from "@selvedge/integrity";
import {
  ABSENTEE_DEVICE,
  ABSENTEE_ONLINE_ONE_IN,
  BUFFER_POLICY,
  POISON_FACTOR,
  POISONER_DEVICE,
} from "../training/defaults.ts";
import { simulateFederated } from "../training/federated.ts";
import { initialModel } from "../training/model.ts";
import type { DemoPlan } from "./plan.ts";
import type { DemoSamples } from "./samples.ts";

export interface SimulatedCurves {
  /** Accuracy by version, version 0 first. */
  readonly clipped: readonly number[];
  readonly unclipped: readonly number[];
}

/** In a thread of its own; ends early, with an error, when the signal aborts. */
export async function runSimulation(
  plan: DemoPlan,
  samples: DemoSamples,
  signal: AbortSignal,
): Promise<SimulatedCurves> {
  const worker = new Worker(new URL("simulation-worker.ts", import.meta.url), { workerData: { plan, samples } });
  try {
    const answer: readonly unknown[] = await once(worker, "message", { signal });
    const curves = answer[0];
    assert(isCurves(curves), "the worker answers with the curves");
    return curves;
  } finally {
    await worker.terminate();
  }
}

export interface SimulationInput {
  readonly plan: DemoPlan;
  readonly samples: DemoSamples;
}

/** Structured clones of our own records: which of them it is, is all there is to ask. */
export function isSimulationInput(value: unknown): value is SimulationInput {
  return typeof value === "object" && value !== null && "plan" in value && "samples" in value;
}

function isCurves(value: unknown): value is SimulatedCurves {
  return typeof value === "object" && value !== null && "clipped" in value && "unclipped" in value;
}

export function simulateBoth(plan: DemoPlan, samples: DemoSamples): SimulatedCurves {
  return { clipped: curve(plan, samples, true), unclipped: curve(plan, samples, false) };
}

function curve(
  { seed, hidden, training, versions }: DemoPlan,
  { shards, test }: DemoSamples,
  clip: boolean,
): readonly number[] {
  const history = simulateFederated({
    start: initialModel({ hidden, seed }),
    shards,
    test,
    training,
    policy: { ...BUFFER_POLICY, clip },
    versions,
    poisoner: { device: POISONER_DEVICE, factor: POISON_FACTOR },
    absentee: { device: ABSENTEE_DEVICE, onlineOneIn: ABSENTEE_ONLINE_ONE_IN },
    seed,
  });
  return history.map(({ accuracy }) => accuracy);
}
