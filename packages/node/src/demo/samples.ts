// The samples of a demonstration: drawn or read, split unevenly over the devices, each device's part written where only
// that device looks. Called by the orchestrator; a device process reads its own part with training/idx.ts.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DigitDataSet, IMAGE_SIDE, subset } from "../training/data-set.ts";
import {
  DEVICE_COUNT,
  DRAWN_TEST_COUNT,
  DRAWN_TRAINING_COUNT,
  PARTITION_ALPHA,
  PARTITION_SIZE_MIN,
} from "../training/defaults.ts";
import { drawDigitRange } from "../training/digits.ts";
import { loadMnist } from "../training/idx.ts";
import { dirichletPartition } from "../training/partition.ts";
import type { DemoPlan } from "./plan.ts";

export interface DemoSamples {
  /** By device. */
  readonly shards: readonly DigitDataSet[];
  readonly test: DigitDataSet;
}

/** Throws `IdxError` for files that are not MNIST's. */
export function loadSamples(plan: DemoPlan): DemoSamples {
  const { training, test } = plan.dataFolder === null ? drawn(plan.seed) : loadMnist(plan.dataFolder);
  const parts = dirichletPartition({
    labels: training.labels,
    devices: DEVICE_COUNT,
    alpha: PARTITION_ALPHA,
    sizeMin: PARTITION_SIZE_MIN,
    seed: plan.seed,
  });
  return { shards: parts.map((part) => subset(training, part)), test };
}

/** Test digits come from a stream of their own: none of them is trained on. */
function drawn(seed: string): { readonly training: DigitDataSet; readonly test: DigitDataSet } {
  return {
    training: drawDigitRange({ seed: `${seed}/train`, first: 0, count: DRAWN_TRAINING_COUNT }),
    test: drawDigitRange({ seed: `${seed}/test`, first: 0, count: DRAWN_TEST_COUNT }),
  };
}

/** Writes a shard as the two IDX files that `loadHalf(folder, "train")` reads. */
export async function writeShard(folder: string, shard: DigitDataSet): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const images = header([0x0803, shard.count, IMAGE_SIDE, IMAGE_SIDE]);
  const labels = header([0x0801, shard.count]);
  await writeFile(join(folder, "train-images-idx3-ubyte"), Buffer.concat([images, shard.images]));
  await writeFile(join(folder, "train-labels-idx1-ubyte"), Buffer.concat([labels, shard.labels]));
}

function header(words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [position, word] of words.entries()) bytes.writeUInt32BE(word, 4 * position);
  return bytes;
}
