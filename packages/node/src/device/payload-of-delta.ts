// What a device sends of what it has trained: the delta encoded, unless no version could gain by it.

import {
  type DeltaCodec,
  type Rejection,
  type Result,
  type Weights,
  decodeDelta,
  encodeDelta,
  err,
  modelShapeOf,
  ok,
  rejection,
} from "@selvedge/integrity";

export interface WantedPayload {
  readonly delta: Weights;
  readonly codec: DeltaCodec;
  readonly bytesMax: number;
}

/** Judges what the others would decode: a codec may make nothing of a delta that is small enough. */
export function payloadOfDelta({ delta, codec, bytesMax }: WantedPayload): Result<Uint8Array, Rejection> {
  const payload = encodeDelta(delta, codec);
  if (!payload.ok) return payload;
  if (payload.value.length > bytesMax)
    return err(rejection("PAYLOAD_TOO_LARGE", `a payload has at most ${bytesMax} bytes`));
  const decoded = decodeDelta(payload.value, { codec, model: modelShapeOf(delta) });
  if (!decoded.ok) return decoded;
  if (decoded.value.some(({ values }) => values.some((value) => value !== 0))) return ok(payload.value);
  return err(rejection("DELTA_ZERO", "nothing differs from the base: the delta is zero everywhere"));
}
