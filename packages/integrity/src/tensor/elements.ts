// Elements of tensors to and from little-endian bytes. Every conversion names its bits, so no platform has a say in them;
// refusing NaN and infinity is the callers' business (isAllFinite).

import { bf16FromF32Bits, f16FromF32Bits, f32FromBf16Bits, f32FromF16Bits } from "./half.ts";

export function float32FromBytes(bytes: Uint8Array): Float32Array {
  const view = viewOf(bytes);
  const values = new Float32Array(bytes.length / 4);
  for (let index = 0; index < values.length; index += 1) values[index] = view.getFloat32(4 * index, true);
  return values;
}

export function float32ToBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = viewOf(bytes);
  for (let index = 0; index < values.length; index += 1) view.setFloat32(4 * index, values[index] ?? 0, true);
  return bytes;
}

export function uint32FromBytes(bytes: Uint8Array): Uint32Array {
  const view = viewOf(bytes);
  const values = new Uint32Array(bytes.length / 4);
  for (let index = 0; index < values.length; index += 1) values[index] = view.getUint32(4 * index, true);
  return values;
}

export function uint32ToBytes(values: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = viewOf(bytes);
  for (let index = 0; index < values.length; index += 1) view.setUint32(4 * index, values[index] ?? 0, true);
  return bytes;
}

export function int8FromBytes(bytes: Uint8Array): Int8Array {
  // Writing into an integer array wraps modulo 256, which is two's complement.
  const values = new Int8Array(bytes.length);
  values.set(bytes, 0);
  return values;
}

export function int8ToBytes(values: Int8Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  bytes.set(values, 0);
  return bytes;
}

/** The two formats of half a float32, by their safetensors names. */
export type HalfDType = "F16" | "BF16";

export function float32FromHalfBytes(bytes: Uint8Array, dtype: HalfDType): Float32Array {
  const widen = dtype === "F16" ? f32FromF16Bits : f32FromBf16Bits;
  const source = viewOf(bytes);
  const values = new Float32Array(bytes.length / 2);
  const target = new Uint32Array(values.buffer);
  for (let index = 0; index < values.length; index += 1) target[index] = widen(source.getUint16(2 * index, true));
  return values;
}

export function float32ToHalfBytes(values: Float32Array, dtype: HalfDType): Uint8Array {
  const narrow = dtype === "F16" ? f16FromF32Bits : bf16FromF32Bits;
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bytes = new Uint8Array(2 * values.length);
  const target = viewOf(bytes);
  for (let index = 0; index < values.length; index += 1) target.setUint16(2 * index, narrow(source[index] ?? 0), true);
  return bytes;
}

export function isAllFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
