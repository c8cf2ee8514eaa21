// Deltas on the wire: `encodeDelta` on the device that trained, `decodeDelta` on every validator that is asked to vouch.
// What decodes is finite, has exactly the model's tensors and shapes, and is the only encoding of what it decodes to.
// Norm bounds and scores are policy and stand elsewhere.

import { assert } from "../assert.ts";
import type { Rejection } from "../fault.ts";
import { type Result, ok } from "../result.ts";
import type { DeltaCodec } from "../update.ts";
import { type DeltaOptions, type TensorCodec, refuse } from "./delta-codec.ts";
import { bf16Codec, f16Codec, f32Codec } from "./float-codecs.ts";
import { int8Codec } from "./int8-codec.ts";
import { type TensorView, canonicalSafetensors, readCanonicalSafetensors } from "./safetensors.ts";
import { topkCodec } from "./topk-codec.ts";
import { type ModelShape, type WeightTensor, type Weights, isModelShape, weightsOf } from "./weights.ts";

const CODECS: Readonly<Record<DeltaCodec, TensorCodec>> = {
  f32: f32Codec,
  f16: f16Codec,
  bf16: bf16Codec,
  int8: int8Codec,
  topk: topkCodec,
};

/** A tenth of the elements: what sparse federated training commonly sends. */
export const DEFAULT_DELTA_OPTIONS: DeltaOptions = { keepPerMille: 100 };

/** The payload of a delta. Refuses NaN, infinity, and what the codec cannot represent. */
export function encodeDelta(
  delta: Weights,
  codec: DeltaCodec,
  options: DeltaOptions = DEFAULT_DELTA_OPTIONS,
): Result<Uint8Array, Rejection> {
  assert(0 < options.keepPerMille && options.keepPerMille <= 1000, "topk keeps a share of the elements");
  const parts: TensorView[] = [];
  for (const tensor of weightsOf(delta)) {
    const encoded = CODECS[codec].encode(tensor, options);
    if (!encoded.ok) return encoded;
    parts.push(...encoded.value);
  }
  return ok(canonicalSafetensors(parts));
}

export interface DeltaTarget {
  readonly codec: DeltaCodec;
  readonly model: ModelShape;
}

/** The delta of a payload, or why it is none for this model. Never throws. */
export function decodeDelta(payload: Uint8Array, { codec, model }: DeltaTarget): Result<Weights, Rejection> {
  assert(isModelShape(model), "a model's tensors ascend by name");
  const container = readCanonicalSafetensors(payload);
  if (!container.ok) return container;
  const { decode, partsPerTensor } = CODECS[codec];
  if (container.value.tensors.length !== partsPerTensor * model.length) {
    return refuse("DELTA_LAYOUT", "the payload has more or fewer tensors than the model asks for");
  }
  const parts = new Map(container.value.tensors.map((tensor) => [tensor.name, tensor]));
  const delta: WeightTensor[] = [];
  for (const { name, shape } of model) {
    const values = decode({ name, shape }, (partName) => parts.get(partName));
    if (!values.ok) return values;
    delta.push({ name, shape, values: values.value });
  }
  return ok(delta);
}
