// Delta codecs f32, f16 and bf16: one payload tensor of the model's own name and shape. Decoding is exact; encoding to a
// half format rounds to nearest, ties to even, and refuses what would become infinite.

import type { Rejection } from "../fault.ts";
import { type Result, ok } from "../result.ts";
import { type TensorCodec, partOf, refuse } from "./delta-codec.ts";
import {
  type HalfDType,
  float32FromBytes,
  float32FromHalfBytes,
  float32ToBytes,
  float32ToHalfBytes,
  isAllFinite,
} from "./elements.ts";

export const f32Codec: TensorCodec = {
  partsPerTensor: 1,
  encode: ({ name, shape, values }) => {
    if (!isAllFinite(values)) return refuse("DELTA_NOT_FINITE", `tensor "${name}" holds NaN or infinity`);
    return ok([{ name, dtype: "F32", shape, bytes: float32ToBytes(values) }]);
  },
  decode: (target, part) => {
    const bytes = partOf(part, { name: target.name, dtype: "F32", shape: target.shape });
    return bytes.ok ? finite(target.name, float32FromBytes(bytes.value)) : bytes;
  },
};

export const f16Codec: TensorCodec = halfCodec("F16");
export const bf16Codec: TensorCodec = halfCodec("BF16");

function halfCodec(dtype: HalfDType): TensorCodec {
  return {
    partsPerTensor: 1,
    encode: ({ name, shape, values }) => {
      if (!isAllFinite(values)) return refuse("DELTA_NOT_FINITE", `tensor "${name}" holds NaN or infinity`);
      const bytes = float32ToHalfBytes(values, dtype);
      if (!isAllFinite(float32FromHalfBytes(bytes, dtype))) {
        return refuse("DELTA_NOT_REPRESENTABLE", `tensor "${name}" holds a value too large for ${dtype}`);
      }
      return ok([{ name, dtype, shape, bytes }]);
    },
    decode: (target, part) => {
      const bytes = partOf(part, { name: target.name, dtype, shape: target.shape });
      return bytes.ok ? finite(target.name, float32FromHalfBytes(bytes.value, dtype)) : bytes;
    },
  };
}

function finite(name: string, values: Float32Array): Result<Float32Array, Rejection> {
  return isAllFinite(values) ? ok(values) : refuse("DELTA_NOT_FINITE", `tensor "${name}" holds NaN or infinity`);
}
