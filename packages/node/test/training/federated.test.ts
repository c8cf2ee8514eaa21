// The demonstration's claim in small: with its own defaults clipping carries the model past the poisoner, without it nothing is learnt.
import { beforeAll, describe, expect, test } from "vitest";
import { subset } from "../../src/training/data-set.ts";
import {
  ABSENTEE_DEVICE,
  ABSENTEE_ONLINE_ONE_IN,
  BUFFER_POLICY,
  DEVICE_COUNT,
  DRAWN_DEFAULTS,
  DRAWN_TRAINING_COUNT,
  PARTITION_ALPHA,
  PARTITION_SIZE_MIN,
  POISON_FACTOR,
  POISONER_DEVICE,
} from "../../src/training/defaults.ts";
import { drawDigitRange } from "../../src/training/digits.ts";
import {
  aggregateBuffer,
  deltaNorm,
  simulateFederated,
  type SimulatedVersion,
  type SimulationOptions,
} from "../../src/training/federated.ts";
import { initialModel } from "../../src/training/model.ts";
import { dirichletPartition } from "../../src/training/partition.ts";

function update(
  value: number,
  more: { sampleCount?: number; staleness?: number } = {},
): {
  delta: { w: Float32Array };
  sampleCount: number;
  staleness: number;
} {
  return { delta: { w: Float32Array.of(value) }, sampleCount: 1, staleness: 0, ...more };
}

describe("aggregation", () => {
  const plain = { clip: false, sampleWeightMax: 100 };
  const meanOf = (...args: Parameters<typeof aggregateBuffer>): number | undefined =>
    aggregateBuffer(...args)["w"]?.[0];

  test("the mean is weighted by samples up to the cap and by staleness", () => {
    expect(meanOf([update(1, { sampleCount: 3 }), update(5)], plain)).toBeCloseTo(2, 6);
    expect(meanOf([update(1, { sampleCount: 1000 }), update(5, { sampleCount: 100 })], plain)).toBeCloseTo(3, 6);
    expect(meanOf([update(1), update(4, { staleness: 3 })], plain)).toBeCloseTo(2, 6);
  });

  test("clipping shortens only what is longer than the median, and keeps its direction", () => {
    expect(meanOf([update(1), update(2), update(-30)], { ...plain, clip: true })).toBeCloseTo((1 + 2 - 2) / 3, 6);
    expect(meanOf([update(1), update(2), update(-30)], plain)).toBeCloseTo(-9, 6);
  });

  test("the norm runs over all tensors", () => {
    expect(deltaNorm({ a: Float32Array.of(3), b: Float32Array.of(0, 4) })).toBe(5);
  });
});

describe("eight devices, one poisoning, one mostly offline", () => {
  let options: SimulationOptions;
  let clipped: readonly SimulatedVersion[];

  beforeAll(() => {
    const seed = "1";
    const training = drawDigitRange({ seed: `${seed}/train`, first: 0, count: DRAWN_TRAINING_COUNT });
    const parts = dirichletPartition({
      labels: training.labels,
      devices: DEVICE_COUNT,
      alpha: PARTITION_ALPHA,
      sizeMin: PARTITION_SIZE_MIN,
      seed,
    });
    options = {
      start: initialModel({ hidden: DRAWN_DEFAULTS.hidden, seed }),
      shards: parts.map((part) => subset(training, part)),
      test: drawDigitRange({ seed: `${seed}/test`, first: 0, count: 300 }),
      training: DRAWN_DEFAULTS.training,
      policy: BUFFER_POLICY,
      versions: 9,
      poisoner: { device: POISONER_DEVICE, factor: POISON_FACTOR },
      absentee: { device: ABSENTEE_DEVICE, onlineOneIn: ABSENTEE_ONLINE_ONE_IN },
      seed,
    };
    clipped = simulateFederated(options);
  });

  test("with clipping the model reads nine in ten", () => {
    expect(clipped.at(-1)?.accuracy).toBeGreaterThan(0.9);
  });

  test("without clipping it learns nothing", () => {
    const unclipped = simulateFederated({ ...options, versions: 3, policy: { ...BUFFER_POLICY, clip: false } });
    expect(unclipped.at(-1)?.accuracy).toBeLessThan(0.3);
    expect(unclipped[0]).toEqual(clipped[0]);
  });

  test("the same options give the same run, and a longer run begins like a shorter one", () => {
    expect(simulateFederated({ ...options, versions: 1 })).toEqual(clipped.slice(0, 2));
  });

  test("each version takes a full buffer, the poisoner is in most, the absentee in few", () => {
    const trained = clipped.slice(1);
    const taking = (device: number): number => trained.filter(({ devices }) => devices.includes(device)).length;
    for (const { devices } of trained) expect(devices).toHaveLength(BUFFER_POLICY.bufferSize);
    expect(taking(POISONER_DEVICE)).toBeGreaterThan(trained.length / 2);
    expect(taking(ABSENTEE_DEVICE)).toBeLessThan(taking(POISONER_DEVICE));
  });
});
