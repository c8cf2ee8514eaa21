// Delta codec int8: `<name>.int8` (I8, the model's shape) and `<name>.scale` (F32, shape [1]); element = int8 · scale.
// Both names carry a suffix, so no model's own names can collide with them. The scale has at most 16 significant bits,
// so that every product is exact in float32 and each decoded delta has exactly one encoding:
//   scale = 0 and every int8 = 0, or
//   scale is a positive normal float32 with its low 8 bits zero, int8 in [−127, 127], and the largest |int8| is 127.

import { assert } from "../assert.ts";
import type { Rejection } from "../fault.ts";
import { type Result, ok } from "../result.ts";
import { type TensorCodec, partOf, refuse } from "./delta-codec.ts";
import { float32FromBytes, float32ToBytes, int8FromBytes, int8ToBytes, isAllFinite } from "./elements.ts";

const STEP_MAX = 127;
/** The scale's bits that must be zero. */
const SCALE_SPARE_BITS = 0xff;
const FLOAT32_NORMAL_MIN: number = 2 ** -126;
const SCALE_SHAPE: readonly number[] = [1];

export const int8Codec: TensorCodec = {
  partsPerTensor: 2,
  encode: ({ name, shape, values }) => {
    if (!isAllFinite(values)) return refuse("DELTA_NOT_FINITE", `tensor "${name}" holds NaN or infinity`);
    const scale = scaleFor(largestMagnitude(values));
    if (!Number.isFinite(Math.fround(STEP_MAX * scale))) {
      return refuse("DELTA_NOT_REPRESENTABLE", `tensor "${name}" holds a value too large for int8`);
    }
    const steps = stepsOf(values, scale);
    return ok([
      { name: `${name}.int8`, dtype: "I8", shape, bytes: int8ToBytes(steps) },
      { name: `${name}.scale`, dtype: "F32", shape: SCALE_SHAPE, bytes: float32ToBytes(Float32Array.of(scale)) },
    ]);
  },
  decode: (target, part) => {
    const stepBytes = partOf(part, { name: `${target.name}.int8`, dtype: "I8", shape: target.shape });
    if (!stepBytes.ok) return stepBytes;
    const scaleBytes = partOf(part, { name: `${target.name}.scale`, dtype: "F32", shape: SCALE_SHAPE });
    if (!scaleBytes.ok) return scaleBytes;
    const steps = int8FromBytes(stepBytes.value);
    const scale = float32FromBytes(scaleBytes.value);
    const flaw = flawOf(target.name, steps, scale);
    return flaw ?? ok(elementsOf(steps, scale[0] ?? 0));
  },
};

type Refusal = Extract<Result<never, Rejection>, { readonly ok: false }>;

function flawOf(name: string, steps: Int8Array, scales: Float32Array): Refusal | undefined {
  const scale = scales[0] ?? 0;
  if (!Number.isFinite(scale) || !Number.isFinite(Math.fround(STEP_MAX * scale))) {
    return refuse("DELTA_NOT_FINITE", `the scale of tensor "${name}" makes infinite elements`);
  }
  const largest = steps.reduce((most, step) => Math.max(most, Math.abs(step)), 0);
  const isCanonical = Object.is(scale, 0)
    ? largest === 0
    : scale >= FLOAT32_NORMAL_MIN && (bitsOf(scale) & SCALE_SPARE_BITS) === 0 && largest === STEP_MAX;
  return isCanonical ? undefined : refuse("DELTA_NOT_CANONICAL", `tensor "${name}" has another int8 encoding`);
}

function stepsOf(values: Float32Array, scale: number): Int8Array {
  const steps = new Int8Array(values.length);
  if (scale === 0) return steps;
  for (let index = 0; index < steps.length; index += 1) steps[index] = roundHalfEven((values[index] ?? 0) / scale);
  return steps;
}

function elementsOf(steps: Int8Array, scale: number): Float32Array {
  const values = new Float32Array(steps.length);
  for (let index = 0; index < values.length; index += 1) values[index] = (steps[index] ?? 0) * scale;
  return values;
}

/** Least scale of 16 significant bits with which `largest` is at most 127 steps; 0 where that would be subnormal. */
function scaleFor(largest: number): number {
  const exact = largest / STEP_MAX;
  if (exact < FLOAT32_NORMAL_MIN) return 0;
  // A float32 above 127 · scale is above it by 64/127 of a unit in the scale's last place or more: rounding the quotient
  // to float32 cannot take it down to the scale.
  const scale = floatOf((bitsOf(exact) + SCALE_SPARE_BITS) & ~SCALE_SPARE_BITS);
  assert(scale * STEP_MAX >= largest, "127 steps reach the largest element");
  return scale;
}

function largestMagnitude(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

function floatOf(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0] ?? 0;
}
