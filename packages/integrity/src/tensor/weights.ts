// Weights of a model and deltas to them: named float32 arrays in the order of their names. That order is part of every
// agreed result (sums run in it), so it is checked where weights are made and relied upon everywhere else.

import { assert } from "../assert.ts";
import { type Rejection, rejection } from "../fault.ts";
import type { TensorShape } from "../genesis.ts";
import { TENSOR_NAME_MAX_CHARS } from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import { elementCount } from "./dtype.ts";
import { float32FromBytes, float32ToBytes, isAllFinite } from "./elements.ts";
import { compareNames, isTensorName } from "./names.ts";
import { type Container, canonicalSafetensors, readSafetensors } from "./safetensors.ts";

export interface WeightTensor extends TensorShape {
  /** Row-major; as many as the shape says. */
  readonly values: Float32Array;
}

/** Ascending by name, names distinct: `weightsOf` sees to it. */
export type Weights = readonly WeightTensor[];

/** Float32 tensors ascending by name, names distinct. */
export type ModelShape = readonly TensorShape[];

/** The tensors in their one order; asserts that names are distinct and that values fit shapes. */
export function weightsOf(tensors: readonly WeightTensor[]): Weights {
  const weights = tensors.toSorted((left, right) => compareNames(left.name, right.name));
  assert(isModelShape(weights), "tensors have distinct names and sound shapes");
  assert(
    weights.every(({ shape, values }) => elementCount(shape) === values.length),
    "a tensor has as many values as its shape says",
  );
  return weights;
}

export function modelShapeOf(weights: Weights): ModelShape {
  return weights.map(({ name, shape }) => ({ name, shape }));
}

/** Whether the tensors ascend by name without a repetition and every shape is sound. */
export function isModelShape(tensors: readonly TensorShape[]): boolean {
  return tensors.every(({ name, shape }, index) => {
    const previous = tensors[index - 1];
    if (previous !== undefined && compareNames(previous.name, name) >= 0) return false;
    return isWeightName(name) && elementCount(shape) !== undefined;
  });
}

/** Delta codecs append up to this many characters to a model's names, which must still be names. */
const CODEC_SUFFIX_MAX_CHARS = 16;

function isWeightName(name: string): boolean {
  return isTensorName(name) && name.length + CODEC_SUFFIX_MAX_CHARS <= TENSOR_NAME_MAX_CHARS;
}

export function isSameShape(left: ModelShape, right: ModelShape): boolean {
  if (left.length !== right.length) return false;
  return left.every((tensor, index) => {
    const other = right[index];
    return other !== undefined && tensor.name === other.name && isSameDimensions(tensor.shape, other.shape);
  });
}

export function isSameDimensions(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((dimension, index) => dimension === right[index]);
}

/** Copies the tensors of a container, all of which must be finite F32. */
export function weightsFromContainer(container: Container): Result<Weights, Rejection> {
  const tensors: WeightTensor[] = [];
  for (const { name, dtype, shape, bytes } of container.tensors) {
    if (dtype !== "F32") return err(rejection("WEIGHTS_DTYPE", `tensor "${name}" is ${dtype}, not F32`));
    if (!isWeightName(name))
      return err(rejection("WEIGHTS_NAME_TOO_LONG", "a name leaves no room for a codec's suffix"));
    const values = float32FromBytes(bytes);
    if (!isAllFinite(values)) return err(rejection("WEIGHTS_NOT_FINITE", `tensor "${name}" holds NaN or infinity`));
    tensors.push({ name, shape, values });
  }
  return ok(weightsOf(tensors));
}

/** Weights in any safetensors file, canonical or not. */
export function readWeights(file: Uint8Array): Result<Weights, Rejection> {
  const container = readSafetensors(file);
  return container.ok ? weightsFromContainer(container.value) : container;
}

/** The canonical file, whose payload root is the weights root. */
export function writeWeights(weights: Weights): Uint8Array {
  return canonicalSafetensors(
    weights.map(({ name, shape, values }) => ({ name, dtype: "F32", shape, bytes: float32ToBytes(values) })),
  );
}

/** Euclidean norm: float64 sum of squares in the order of names and elements, rounded by one square root at the end. */
export function normL2(weights: Weights): number {
  let sum = 0;
  for (const { values } of weights) {
    for (const value of values) sum += value * value;
  }
  return Math.sqrt(sum);
}
