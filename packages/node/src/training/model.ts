// The digit reader as devices and the ledger exchange it: named float32 tensors, their shapes, and how well they read.
// 784–hidden–10 with ReLU, or softmax regression when hidden is 0. The training itself is in local-training.ts.
import { assert } from "@selvedge/integrity";
import { CLASS_COUNT, IMAGE_PIXELS, type DigitDataSet } from "./data-set.ts";
import { Network, type LayerArrays } from "./network.ts";
import { Prng } from "./prng.ts";

/** Tensors by name, row-major; which names and sizes is said by `tensorShapes`. */
export type NamedTensors = Readonly<Record<string, Float32Array>>;

export interface DigitModel {
  readonly hidden: number;
  readonly tensors: NamedTensors;
}

export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** `fc1.weight`, `fc1.bias`, and with a hidden layer `fc2.weight`, `fc2.bias`; weights are [outputs, inputs]. */
export function tensorShapes(hidden: number): readonly TensorShape[] {
  const width = hidden === 0 ? CLASS_COUNT : hidden;
  const inner: readonly TensorShape[] = [
    { name: "fc1.weight", shape: [width, IMAGE_PIXELS] },
    { name: "fc1.bias", shape: [width] },
  ];
  if (hidden === 0) return inner;
  return [...inner, { name: "fc2.weight", shape: [CLASS_COUNT, hidden] }, { name: "fc2.bias", shape: [CLASS_COUNT] }];
}

/** Version 0: weights uniform in ±1/√inputs, biases zero. One stream for each tensor. */
export function initialModel(options: { readonly hidden: number; readonly seed: string }): DigitModel {
  const { hidden, seed } = options;
  const tensors: Record<string, Float32Array> = {};
  for (const [index, { name, shape }] of tensorShapes(hidden).entries()) {
    const size = shape.reduce((product, side) => product * side, 1);
    const values = new Float32Array(size);
    const inputs = shape[1];
    if (inputs !== undefined) {
      const prng = new Prng({ seed, purpose: "initial-weights", index });
      const bound = 1 / Math.sqrt(inputs);
      for (let i = 0; i < size; i += 1) values[i] = prng.between(-bound, bound);
    }
    tensors[name] = values;
  }
  return { hidden, tensors };
}

/** The model after a delta was added to it. */
export function withDelta(model: DigitModel, delta: NamedTensors): DigitModel {
  const tensors: Record<string, Float32Array> = {};
  for (const { name } of tensorShapes(model.hidden)) {
    const change = tensorNamed(delta, name);
    tensors[name] = tensorNamed(model.tensors, name).map((value, i) => value + (change[i] ?? 0));
  }
  return { hidden: model.hidden, tensors };
}

export interface Evaluation {
  /** Share of the samples read correctly. */
  readonly accuracy: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
}

export function evaluate(model: DigitModel, dataSet: DigitDataSet): Evaluation {
  const network = new Network(model.hidden, toLayers(model));
  let correct = 0;
  let loss = 0;
  for (let sample = 0; sample < dataSet.count; sample += 1) {
    const verdict = network.judge(dataSet, sample);
    if (verdict.label === dataSet.labels[sample]) correct += 1;
    loss += verdict.loss;
  }
  const count = Math.max(1, dataSet.count);
  return { accuracy: correct / count, loss: loss / count };
}

export function accuracy(model: DigitModel, dataSet: DigitDataSet): number {
  return evaluate(model, dataSet).accuracy;
}

export function loss(model: DigitModel, dataSet: DigitDataSet): number {
  return evaluate(model, dataSet).loss;
}

/** The model in the layout that the arithmetic wants; copies. */
export function toLayers(model: DigitModel): LayerArrays {
  const weight = tensorNamed(model.tensors, "fc1.weight");
  const innerBias = tensorNamed(model.tensors, "fc1.bias").slice();
  const inner = transposed(weight, innerBias.length, IMAGE_PIXELS);
  if (model.hidden === 0) return { inner, innerBias, outer: new Float32Array(0), outerBias: new Float32Array(0) };
  const outer = tensorNamed(model.tensors, "fc2.weight").slice();
  return { inner, innerBias, outer, outerBias: tensorNamed(model.tensors, "fc2.bias").slice() };
}

/** The way back from `toLayers`. */
export function fromLayers(hidden: number, layers: LayerArrays): DigitModel {
  const tensors: Record<string, Float32Array> = {
    "fc1.weight": transposed(layers.inner, IMAGE_PIXELS, layers.innerBias.length),
    "fc1.bias": layers.innerBias.slice(),
  };
  if (hidden > 0) {
    tensors["fc2.weight"] = layers.outer.slice();
    tensors["fc2.bias"] = layers.outerBias.slice();
  }
  return { hidden, tensors };
}

export function tensorNamed(tensors: NamedTensors, name: string): Float32Array {
  const tensor = tensors[name];
  assert(tensor !== undefined, `the model has a tensor ${name}`);
  return tensor;
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      result[column * rows + row] = matrix[row * columns + column] ?? 0;
    }
  }
  return result;
}
