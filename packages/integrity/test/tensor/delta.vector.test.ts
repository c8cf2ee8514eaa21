// Real deltas: differences of consecutive checkpoints of one fine-tuning run, through every codec.

import { expect, it } from "vitest";
import { decodeDelta, encodeDelta } from "../../src/tensor/delta.ts";
import { type Weights, modelShapeOf, normL2, readWeights } from "../../src/tensor/weights.ts";
import { DELTA_CODECS, type DeltaCodec } from "../../src/update.ts";
import { describeWithData, readData } from "../support/shared-data.ts";

const FILES = [500, 1000, 1500, 8610].map((step) => `models/lora-roberta-pt-run/checkpoint-${step}.safetensors.gz`);
/** As computed when the files were collected. */
const NORMS = [17.6129, 17.6906, 17.7392, 18.0985];

function weightsAt(path: string): Weights {
  const weights = readWeights(readData(path));
  if (!weights.ok) throw new Error(weights.error.detail);
  return weights.value;
}

function difference(newer: Weights, older: Weights): Weights {
  return newer.map(({ name, shape, values }, index) => ({
    name,
    shape,
    values: values.map((value, at) => value - (older[index]?.values[at] ?? Number.NaN)),
  }));
}

/** Largest norm of decoded − delta, as a share of the delta's norm. */
const LOSS_MAX: Readonly<Record<DeltaCodec, number>> = { f32: 0, f16: 0.001, bf16: 0.004, int8: 0.03, topk: 0.9 };
/** Largest payload, as a share of the f32 payload. */
const SIZE_MAX: Readonly<Record<DeltaCodec, number>> = { f32: 1, f16: 0.51, bf16: 0.51, int8: 0.26, topk: 0.22 };

describeWithData("deltas of a real run", FILES, () => {
  const checkpoints = FILES.map(weightsAt);
  const deltas = checkpoints.slice(1).map((weights, index) => difference(weights, checkpoints[index] ?? []));

  it("the checkpoints have their published norms", () => {
    for (const [index, weights] of checkpoints.entries()) expect(normL2(weights)).toBeCloseTo(NORMS[index] ?? 0, 3);
  });

  it.each(DELTA_CODECS)("%s: round trip within its loss, smaller by its share, and canonical", (codec) => {
    for (const delta of deltas) {
      const model = modelShapeOf(delta);
      const payload = encodeDelta(delta, codec);
      if (!payload.ok) throw new Error(payload.error.detail);
      const back = decodeDelta(payload.value, { codec, model });
      if (!back.ok) throw new Error(back.error.detail);
      expect(normL2(difference(back.value, delta))).toBeLessThanOrEqual(LOSS_MAX[codec] * normL2(delta));
      expect(payload.value.length).toBeLessThan(SIZE_MAX[codec] * 4 * 889_349 + 20_000);
      const again = encodeDelta(back.value, codec, { keepPerMille: 1000 });
      expect(again.ok && Buffer.compare(again.value, payload.value)).toBe(0);
    }
  });
});
