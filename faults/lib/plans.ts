// The networks that faults are injected into: small models, so that what is measured is the fault and not the training.

import { type Genesis, weightsOf } from "@selvedge/integrity";
import type { NetworkModel, NetworkPlan } from "@selvedge/node";
import type { Random } from "./random.ts";

/** A chain needs a model, however small. */
export const TINY_MODEL: NetworkModel = {
  id: "tiny",
  weights: weightsOf([{ name: "w", shape: [64], values: new Float32Array(64) }]),
  policy: {
    bufferSize: 2,
    minimum: 1,
    windowCommits: 200,
    perDeviceMax: 1000,
    maxStaleness: 100,
    sampleWeightMax: 1,
    normMax: 1000 * 65_536,
    aggregator: { name: "weighted-mean", clip: "median-norm" },
  },
};

export interface PlanOptions {
  readonly validators: number;
  readonly devices?: number;
  readonly params?: Partial<Genesis["params"]>;
  /** The only one; TINY_MODEL unless given. */
  readonly model?: NetworkModel;
}

export function faultPlan(
  random: Random,
  { validators, devices = 0, params, model = TINY_MODEL }: PlanOptions,
): NetworkPlan {
  return {
    name: "faults",
    validators,
    devices,
    models: [model],
    createdMs: 1_700_000_000_000,
    seed: random.bytes(32),
    ...(params === undefined ? {} : { params }),
  };
}

/** For daemons that come and go by the hundred: at the shortest pace those that stay leave two cores no time for the rest. */
export const UNHURRIED = { round_delay_min_ms: 300 };
