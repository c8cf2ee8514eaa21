// Delta codec topk: `<name>.indices` (U32) and `<name>.values` (F32), both of shape [k]; every other element is zero.
// Indices ascend strictly and no value is zero, so each delta has exactly one encoding. k may be 0.

import type { Rejection } from "../fault.ts";
import { type Result, ok } from "../result.ts";
import { type PartLookup, type TensorCodec, partOf, refuse } from "./delta-codec.ts";
import { elementCount } from "./dtype.ts";
import { float32FromBytes, float32ToBytes, isAllFinite, uint32FromBytes, uint32ToBytes } from "./elements.ts";

const PER_MILLE = 1000;

export const topkCodec: TensorCodec = {
  partsPerTensor: 2,
  encode: ({ name, values }, { keepPerMille }) => {
    if (!isAllFinite(values)) return refuse("DELTA_NOT_FINITE", `tensor "${name}" holds NaN or infinity`);
    const indices = largest(values, Math.ceil((values.length * keepPerMille) / PER_MILLE));
    const kept = Float32Array.from(indices, (index) => values[index] ?? 0);
    const shape = [indices.length];
    return ok([
      { name: `${name}.indices`, dtype: "U32", shape, bytes: uint32ToBytes(indices) },
      { name: `${name}.values`, dtype: "F32", shape, bytes: float32ToBytes(kept) },
    ]);
  },
  decode: (target, part) => {
    const size = elementCount(target.shape) ?? 0;
    const sparse = sparseOf(target.name, part);
    if (!sparse.ok) return sparse;
    const { indices, values } = sparse.value;
    if (!isAscendingBelow(indices, size)) {
      return refuse("DELTA_INDEX", `the indices of tensor "${target.name}" do not ascend or lie outside it`);
    }
    if (!isAllFinite(values)) return refuse("DELTA_NOT_FINITE", `tensor "${target.name}" holds NaN or infinity`);
    if (values.includes(0)) return refuse("DELTA_NOT_CANONICAL", `tensor "${target.name}" spells out a zero`);
    const dense = new Float32Array(size);
    for (const [position, index] of indices.entries()) dense[index] = values[position] ?? 0;
    return ok(dense);
  },
};

interface Sparse {
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

function sparseOf(name: string, part: PartLookup): Result<Sparse, Rejection> {
  const shape = part(`${name}.indices`)?.shape ?? [];
  if (shape.length !== 1) return refuse("DELTA_LAYOUT", `tensor "${name}" has no list of indices`);
  const indices = partOf(part, { name: `${name}.indices`, dtype: "U32", shape });
  if (!indices.ok) return indices;
  const values = partOf(part, { name: `${name}.values`, dtype: "F32", shape });
  if (!values.ok) return values;
  return ok({ indices: uint32FromBytes(indices.value), values: float32FromBytes(values.value) });
}

function isAscendingBelow(indices: Uint32Array, size: number): boolean {
  let previous = -1;
  for (const index of indices) {
    if (index <= previous || index >= size) return false;
    previous = index;
  }
  return true;
}

/** Indices, ascending, of the `keepMax` non-zero values of largest magnitude; of equals the earlier ones. */
function largest(values: Float32Array, keepMax: number): Uint32Array {
  const magnitudes = values.map(Math.abs).filter((magnitude) => magnitude !== 0);
  magnitudes.sort((left, right) => right - left);
  const kept = Math.min(keepMax, magnitudes.length);
  if (kept === 0) return new Uint32Array(0);
  const threshold = magnitudes[kept - 1] ?? 0;
  let tiesLeft = kept - magnitudes.findIndex((magnitude) => magnitude === threshold);
  const indices: number[] = [];
  for (const [index, value] of values.entries()) {
    const magnitude = Math.abs(value);
    if (magnitude < threshold) continue;
    if (magnitude === threshold) {
      if (tiesLeft === 0) continue;
      tiesLeft -= 1;
    }
    indices.push(index);
  }
  return Uint32Array.from(indices);
}
