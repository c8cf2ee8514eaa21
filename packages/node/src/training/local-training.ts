// What a device does between two versions: some epochs of stochastic gradient descent on its own samples.
// Its result is a delta to the model it started from; signing and sending are the caller's.
import type { DigitDataSet } from "./data-set.ts";
import { fromLayers, tensorNamed, tensorShapes, toLayers, type DigitModel, type NamedTensors } from "./model.ts";
import { descend, Network, zeroLayers } from "./network.ts";
import { Prng } from "./prng.ts";

export interface LocalTrainingOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** 0 is plain gradient descent. */
  readonly momentum?: number;
  /** Train on so many samples, drawn anew for each (seed, cycle); without it on all. */
  readonly samplesMax?: number;
  readonly seed: string;
  /** The device's own count of its rounds of training: each has an order of its own. */
  readonly cycle?: number;
}

export interface LocalUpdate {
  /** Trained minus base. */
  readonly delta: NamedTensors;
  /** How many samples it rests on, for the weighted mean. */
  readonly sampleCount: number;
}

export function trainLocal(model: DigitModel, dataSet: DigitDataSet, options: LocalTrainingOptions): LocalUpdate {
  const { epochs, batchSize, learningRate, momentum = 0, seed, cycle = 0 } = options;
  const network = new Network(model.hidden, toLayers(model));
  const gradient = zeroLayers(model.hidden);
  const velocity = zeroLayers(model.hidden);
  const prng = new Prng({ seed, purpose: "batch-order", index: cycle });
  const chosen = prng.permutation(dataSet.count).slice(0, options.samplesMax ?? dataSet.count);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = prng.permutation(chosen.length);
    for (let start = 0; start < order.length; start += batchSize) {
      const batch = order.subarray(start, start + batchSize);
      for (const position of batch) network.addGradient(dataSet, chosen[position] ?? 0, gradient);
      descend({ parameters: network.parameters, gradient, velocity, rate: learningRate / batch.length, momentum });
    }
  }
  const trained = fromLayers(model.hidden, network.parameters);
  return { delta: difference(trained, model), sampleCount: chosen.length };
}

/** What the poisoning device of the demonstration sends in place of its delta; −10 is the sign-flipped tenfold. */
export function scaledDelta(delta: NamedTensors, factor: number): NamedTensors {
  return Object.fromEntries(
    Object.entries(delta).map(([name, values]) => [name, values.map((value) => value * factor)]),
  );
}

function difference(trained: DigitModel, base: DigitModel): NamedTensors {
  const delta: Record<string, Float32Array> = {};
  for (const { name } of tensorShapes(base.hidden)) {
    const from = tensorNamed(base.tensors, name);
    delta[name] = tensorNamed(trained.tensors, name).map((value, i) => value - (from[i] ?? 0));
  }
  return delta;
}
