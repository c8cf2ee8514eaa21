// The arithmetic against a slow oracle: the analytic gradient must be the slope of the loss.
import { describe, expect, test } from "vitest";
import { drawDigitRange } from "../../src/training/digits.ts";
import { scaledDelta, trainLocal } from "../../src/training/local-training.ts";
import {
  accuracy,
  evaluate,
  fromLayers,
  initialModel,
  loss,
  tensorShapes,
  toLayers,
  withDelta,
} from "../../src/training/model.ts";
import { Network, zeroLayers, type LayerArrays } from "../../src/training/network.ts";

const dataSet = drawDigitRange({ seed: "model-test", first: 0, count: 200 });
const TRAINING = { epochs: 6, batchSize: 20, learningRate: 0.1, momentum: 0.9, seed: "s" };

describe.each([0, 8])("with %i hidden units", (hidden) => {
  const start = initialModel({ hidden, seed: "s" });

  test("the tensors have the declared names and sizes and come from the seed", () => {
    const sizes = Object.entries(start.tensors).map(([name, values]) => [name, values.length]);
    expect(sizes).toEqual(tensorShapes(hidden).map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]));
    expect(initialModel({ hidden, seed: "s" })).toEqual(start);
    expect(initialModel({ hidden, seed: "t" })).not.toEqual(start);
  });

  test("changing the layout and back changes nothing", () => {
    expect(fromLayers(hidden, toLayers(start))).toEqual(start);
  });

  test("the gradient is the slope of the loss", () => {
    const gradient = zeroLayers(hidden);
    new Network(hidden, toLayers(start)).addGradient(dataSet, 3, gradient);
    for (const part of ["inner", "innerBias", "outer", "outerBias"] as const) {
      const steepest = steepestIndex(gradient[part]);
      if (steepest === null) continue;
      const slope = (lossAfter(part, steepest, 0.01) - lossAfter(part, steepest, -0.01)) / 0.02;
      expect(slope / (gradient[part][steepest] ?? 0)).toBeCloseTo(1, 2);
    }
  });

  function lossAfter(part: keyof LayerArrays, index: number, step: number): number {
    const layers = toLayers(start);
    layers[part][index] = (layers[part][index] ?? 0) + step;
    return new Network(hidden, layers).judge(dataSet, 3).loss;
  }

  test("local training lowers the loss, leaves its base alone and is deterministic", () => {
    const before = structuredClone(start);
    const update = trainLocal(start, dataSet, TRAINING);
    expect(start).toEqual(before);
    expect(trainLocal(start, dataSet, TRAINING)).toEqual(update);
    expect(trainLocal(start, dataSet, { ...TRAINING, cycle: 1 })).not.toEqual(update);
    const trained = withDelta(start, update.delta);
    expect(loss(trained, dataSet)).toBeLessThan(loss(start, dataSet) * 0.8);
    expect(accuracy(trained, dataSet)).toBeGreaterThan(accuracy(start, dataSet) + 0.2);
  });
});

function steepestIndex(values: Float32Array): number | null {
  if (values.length === 0) return null;
  return values.reduce((best, value, index) => (Math.abs(value) > Math.abs(values[best] ?? 0) ? index : best), 0);
}

test("a first batch moves the bias by rate times the mean gradient", () => {
  const start = initialModel({ hidden: 0, seed: "s" });
  const one = { epochs: 1, batchSize: 200, learningRate: 0.5, seed: "s" };
  const gradient = zeroLayers(0);
  const network = new Network(0, toLayers(start));
  for (let sample = 0; sample < dataSet.count; sample += 1) network.addGradient(dataSet, sample, gradient);
  const moved = trainLocal(start, dataSet, one).delta["fc1.bias"] ?? new Float32Array();
  for (const [label, value] of gradient.innerBias.entries()) expect(moved[label]).toBeCloseTo((-0.5 * value) / 200, 5);
});

test("a cap on samples is the sample count that is reported", () => {
  const start = initialModel({ hidden: 0, seed: "s" });
  expect(trainLocal(start, dataSet, { ...TRAINING, samplesMax: 50 }).sampleCount).toBe(50);
  expect(trainLocal(start, dataSet, { ...TRAINING, samplesMax: 5000 }).sampleCount).toBe(200);
});

test("a model of NaN reads digit 0 and has a finite verdict on accuracy", () => {
  const start = initialModel({ hidden: 4, seed: "s" });
  const broken = withDelta(start, scaledDelta(start.tensors, Number.NaN));
  expect(evaluate(broken, dataSet).accuracy).toBeCloseTo(0.1, 5);
});

test("untrained, it guesses", () => {
  const start = initialModel({ hidden: 8, seed: "s" });
  expect(loss(start, dataSet)).toBeCloseTo(Math.log(10), 1);
});
