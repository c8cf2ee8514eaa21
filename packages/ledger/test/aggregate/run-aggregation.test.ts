// A job from bytes to bytes: rounding, clipping of a poisoner, and refusal of inputs that are not the job's.

import { type UpdateDigest, readWeights, versionNumber } from "@selvedge/integrity";
import { commitIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type AggregationJob, type AggregationInputs, METRIC_CLIPPED, runAggregation } from "../../src/index.ts";
import { LedgerScenario, type UpdateDraft, weightsFrom } from "../../src/testing/index.ts";

const CHUNK_BYTES = 1024;

function jobOf(drafts: readonly UpdateDraft[], aggregator: AggregationJob["aggregator"]) {
  const scenario = new LedgerScenario();
  const model = scenario.model();
  const updates = drafts.map((draft) => scenario.update(draft));
  const job: AggregationJob = {
    id: "model-a/1",
    modelId: model.id,
    version: versionNumber(1),
    commitIndex: commitIndex(1),
    tensors: model.tensors,
    aggregator,
    baseWeightsRoot: model.weightsRoot,
    baseWeightsBytes: model.weightsBytes,
    updates: updates.map(({ digest, header }, index) => ({
      update: digest,
      payloadRoot: header.payloadRoot,
      payloadBytes: header.payloadBytes,
      codec: header.codec,
      weight: (drafts[index]?.sampleCount ?? 1) * 65536,
    })),
  };
  const inputs: AggregationInputs = {
    sha256: scenario.sha256,
    chunkBytes: CHUNK_BYTES,
    baseWeights: scenario.genesisWeights,
    payloads: updates.map(({ header }) => scenario.blobs.get(header.payloadRoot) ?? new Uint8Array(0)),
  };
  return { scenario, job, inputs };
}

function valuesOf(bytes: Uint8Array): readonly number[] {
  const weights = readWeights(bytes);
  if (!weights.ok) throw new Error(weights.error.detail);
  return weights.value.flatMap(({ values }) => [...values]);
}

const mean = { name: "weighted-mean", clip: "none" } as const;
const clipped = { name: "weighted-mean", clip: "median-norm" } as const;

describe("runAggregation", () => {
  it("adds the aggregate to the base and rounds once to float32", () => {
    const third = 1 / 3;
    const { job, inputs } = jobOf([{ values: [third, 1, 2, 3, 4] }, { device: 1, values: [1, 1, 1, 1, 0.1] }], mean);
    const result = runAggregation(job, inputs);
    if (!result.ok) throw new Error(result.error.detail);
    const expected = [
      Math.fround(0.5 * Math.fround(third) + 0.5 * 1),
      1,
      1.5,
      2,
      Math.fround(0.5 * 4 + 0.5 * Math.fround(0.1)),
    ];
    expect(valuesOf(result.value.weights)).toEqual(expected);
  });

  it("clipping to the median norm takes a poisoner's scale away, and counts what it clipped", () => {
    const drafts = [
      { device: 0, values: [1, 0, 0, 0, 0] },
      { device: 1, values: [0, 1, 0, 0, 0] },
      { device: 2, values: [-100, -100, 0, 0, 0] },
    ];
    const poisoned = jobOf(drafts, mean);
    const without = runAggregation(poisoned.job, poisoned.inputs);
    const defended = jobOf(drafts, clipped);
    const withClip = runAggregation(defended.job, defended.inputs);
    if (!without.ok || !withClip.ok) throw new Error("both run");
    expect(valuesOf(without.value.weights)[0]).toBe(-33);
    expect(Math.abs(valuesOf(withClip.value.weights)[0] ?? 9)).toBeLessThan(0.11);
    expect(withClip.value.outcome.metrics).toEqual([{ name: METRIC_CLIPPED, value: 1 }]);
    expect(withClip.value.scales.map((scale) => scale < 1)).toEqual([false, false, true]);
  });

  it("every codec decodes into the same kernel", () => {
    for (const codec of ["f32", "f16", "bf16", "int8", "topk"] as const) {
      const { job, inputs } = jobOf([{ codec, values: [0, 0, 0, 0, 1] }], mean);
      const result = runAggregation(job, inputs);
      if (!result.ok) throw new Error(result.error.detail);
      expect(valuesOf(result.value.weights)[4]).toBeCloseTo(1, 1);
    }
  });

  it("inputs that are not what the job names are refused with their own code", () => {
    const { job, inputs } = jobOf([{}, { device: 1 }], mean);
    const codeOf = (otherJob: AggregationJob, otherInputs: AggregationInputs) => {
      const result = runAggregation(otherJob, otherInputs);
      return result.ok ? "OK" : result.error.code;
    };
    expect(codeOf(job, inputs)).toBe("OK");
    expect(codeOf(job, { ...inputs, baseWeights: inputs.baseWeights.slice(1) })).toBe("AGGREGATION_BASE_MISMATCH");
    expect(codeOf(job, { ...inputs, payloads: inputs.payloads.slice(1) })).toBe("AGGREGATION_PAYLOAD_MISMATCH");
    expect(codeOf(job, { ...inputs, payloads: [] })).toBe("AGGREGATION_PAYLOAD_MISMATCH");
    const tensors = [...job.tensors].toReversed();
    expect(codeOf({ ...job, tensors }, inputs)).toBe("AGGREGATION_BASE_SHAPE");
    const updates = job.updates.map((update) => ({
      ...update,
      update: "0".repeat(64) as UpdateDigest,
      codec: "f16" as const,
    }));
    expect(codeOf({ ...job, updates }, inputs)).toBe("DELTA_LAYOUT");
  });

  it("the scenario's tensors are in the model's order", () => {
    expect(weightsFrom([1, 2, 3, 4, 5]).map(({ name }) => name)).toEqual(["bias", "kernel"]);
  });
});
