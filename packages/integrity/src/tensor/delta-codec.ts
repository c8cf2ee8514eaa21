// What a delta codec is: how one tensor of a delta becomes tensors of the payload's container, and back. The payload is
// always a canonical safetensors file; delta.ts reads and writes it, so a codec sees parts that exist or not, no bytes of
// the file.

import { type Rejection, type RejectionCode, rejection } from "../fault.ts";
import type { TensorShape } from "../genesis.ts";
import { type Result, err } from "../result.ts";
import type { DType } from "./dtype.ts";
import type { TensorView } from "./safetensors.ts";
import { type WeightTensor, isSameDimensions } from "./weights.ts";

export interface DeltaOptions {
  /** topk only: how many of a thousand elements of each tensor are kept at most; at least one. */
  readonly keepPerMille: number;
}

/** The payload's tensor of that name. */
export type PartLookup = (name: string) => TensorView | undefined;

export interface TensorCodec {
  /** Tensors of the payload for each tensor of the model. */
  readonly partsPerTensor: number;
  readonly encode: (tensor: WeightTensor, options: DeltaOptions) => Result<readonly TensorView[], Rejection>;
  readonly decode: (target: TensorShape, part: PartLookup) => Result<Float32Array, Rejection>;
}

/** The part, if it stands in the payload with this dtype and shape. */
export function partOf(
  part: PartLookup,
  wanted: { readonly name: string; readonly dtype: DType; readonly shape: readonly number[] },
): Result<Uint8Array, Rejection> {
  const found = part(wanted.name);
  if (found === undefined) return refuse("DELTA_LAYOUT", `tensor "${wanted.name}" is missing`);
  if (found.dtype !== wanted.dtype || !isSameDimensions(found.shape, wanted.shape)) {
    return refuse("DELTA_LAYOUT", `tensor "${wanted.name}" has another dtype or shape than the model asks for`);
  }
  return { ok: true, value: found.bytes };
}

export function refuse(code: RejectionCode, detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, detail));
}
