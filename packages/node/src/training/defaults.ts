// The numbers of the demonstration, each with its reason. Measured with federated.ts, seeds 1 to 3, device 7 poisoning,
// device 6 online one turn in four. The choices between settings were made on seeds 1 and 2 of the drawn digits and on seed 1
// of MNIST, judged on the same test digits: the accuracies are those of a tuned demonstration, not of a blind trial.
import type { BufferPolicy } from "./federated.ts";
import type { LocalTrainingOptions } from "./local-training.ts";

export interface DemoTrainingDefaults {
  readonly hidden: number;
  readonly training: Required<Omit<LocalTrainingOptions, "seed" | "cycle">>;
  readonly versions: number;
}

/** Eight devices: enough that one poisoner is a small minority, few enough to start as processes on two cores. */
export const DEVICE_COUNT = 8;

/** Dirichlet(0.5) is the field's usual uneven split. */
export const PARTITION_ALPHA = 0.5;

/** Ten batches of 20, so that every device's update rests on more than a few steps. Not tuned. */
export const PARTITION_SIZE_MIN = 200;

/** The last device poisons: the indexes of honest devices stay the same with and without it. */
export const POISONER_DEVICE = 7;

/** Sign-flipped and ten times as large. */
export const POISON_FACTOR = -10;

/** Next to last: mostly offline, online one turn in four, so its updates arrive stale. */
export const ABSENTEE_DEVICE = 6;
export const ABSENTEE_ONLINE_ONE_IN = 4;

/**
 * Six of eight: with the absentee away seven devices deliver, so a version never waits for the slowest of them,
 * and the poisoner, which like the others sends one update and waits for the next version, is about one in six; clipped,
 * its push back is then at most a fifth of the honest push.
 */
export const BUFFER_POLICY: BufferPolicy = {
  bufferSize: 6,
  // Lets the absentee in when it comes back a few versions late, at weight 1/√(1+τ). Not tuned.
  maxStaleness: 4,
  clip: true,
  // The samples of one local round: a device cannot buy weight by claiming more.
  sampleWeightMax: 600,
};

/** 6,000 drawn digits are 750 for each device, a little more than one local round; drawing all takes under 0.4 s. */
export const DRAWN_TRAINING_COUNT = 6000;

/** The standard error of 0.95 over 1,000 digits is 0.007. */
export const DRAWN_TEST_COUNT = 1000;

/** Drawn digits: 0.9 by version 5 to 11, 0.93 to 0.95 at version 20. No poisoner: 0.97. No clipping: 0.10. */
export const DRAWN_DEFAULTS: DemoTrainingDefaults = {
  // 25,450 parameters, 100 KB a delta. 64 units reach 0.96 in place of 0.95 for twice the time and bytes.
  hidden: 32,
  training: {
    // Three rather than two: 0.9 is reached two versions earlier, and at this size a round is still about 50 ms.
    epochs: 3,
    batchSize: 20,
    // With momentum 0.9 twice the rate of MNIST's: few versions must suffice. At 0.05 it ends a point lower.
    learningRate: 0.1,
    momentum: 0.9,
    samplesMax: 600,
  },
  versions: 20,
};

/** MNIST, full test set: 0.944 to 0.948 at version 40, 0.90 by version 12 to 15. No poisoner: 0.96. No clipping: 0.10. */
export const MNIST_DEFAULTS: DemoTrainingDefaults = {
  // The network of ByzFL's `fc_mnist`, 79,510 parameters, so that results can be compared.
  hidden: 100,
  training: {
    // Two keep a round near 100 ms; a third was not tried with this rate and momentum.
    epochs: 2,
    batchSize: 20,
    // On seed 1, 0.1 starts faster but swings by three points between versions 8 and 15; both end at 0.94.
    learningRate: 0.05,
    // A run without it (seed 1, rate 0.1, batches of 32) ended at 0.89; clipped, the poisoner still eats a third of a step.
    momentum: 0.9,
    // A stated subsample of each device's 7,500 or so, drawn anew each round; keeps a round near 100 ms.
    samplesMax: 600,
  },
  versions: 40,
};
