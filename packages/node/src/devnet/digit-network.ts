// The model that a test network trains by default: the digit reader of training/, with the demonstration's policy.

import { type AggregatorSpec, type ModelPolicy, NORM_UNIT, type Weights, weightsOf } from "@selvedge/integrity";
import { BUFFER_POLICY } from "../training/defaults.ts";
import { type DigitModel, initialModel, tensorNamed, tensorShapes } from "../training/model.ts";
import type { NetworkModel } from "./make-network.ts";

export const DEFAULT_DIGIT_POLICY: ModelPolicy = {
  bufferSize: BUFFER_POLICY.bufferSize,
  // Two: with one, a lone poisoner could close a version by waiting.
  minimum: 2,
  windowCommits: 400,
  // Of eight devices, of which a version takes six: nobody counts twice.
  perDeviceMax: 1,
  maxStaleness: BUFFER_POLICY.maxStaleness,
  sampleWeightMax: BUFFER_POLICY.sampleWeightMax,
  // Far above any delta of the digit reader (a few units), so that it refuses nonsense and clipping meets the rest.
  normMax: 1000 * NORM_UNIT,
  aggregator: { name: "weighted-mean", clip: "median-norm" } satisfies AggregatorSpec,
};

/** What each device's part of a version is if so many devices fill it evenly. */
export function fairShare(bufferSize: number, devices: number): number {
  return Math.max(1, Math.ceil(bufferSize / Math.max(1, devices)));
}

export function normUnits(norm: number): number {
  return norm * NORM_UNIT;
}

export interface DigitNetworkModel {
  readonly id?: string;
  readonly hidden: number;
  readonly seed: string;
  readonly policy?: Partial<ModelPolicy>;
}

export function digitNetworkModel({ id = "digits", hidden, seed, policy }: DigitNetworkModel): NetworkModel {
  return {
    id,
    weights: weightsOfDigitModel(initialModel({ hidden, seed })),
    policy: { ...DEFAULT_DIGIT_POLICY, ...policy },
  };
}

export function weightsOfDigitModel(model: DigitModel): Weights {
  return weightsOf(
    tensorShapes(model.hidden).map(({ name, shape }) => ({ name, shape, values: tensorNamed(model.tensors, name) })),
  );
}
