// What one run of the demonstration is: everything follows from the seed, the data and the number of versions. Pure.
// Which training settings are used and why stands in training/defaults.ts.

import type { ModelPolicy } from "@selvedge/integrity";
import {
  ABSENTEE_DEVICE,
  DRAWN_DEFAULTS,
  type DemoTrainingDefaults,
  MNIST_DEFAULTS,
  POISONER_DEVICE,
} from "../training/defaults.ts";

export const DEMO_MODEL_ID = "digits";
export const VALIDATOR_COUNT = 4;
/** The last validator is the one that is killed. */
export const KILLED_VALIDATOR: number = VALIDATOR_COUNT - 1;
/** For how many versions the killed validator stays away. */
const VERSIONS_AWAY = 2;
/** One minute in four, scaled down: a second stands for a minute. */
export const ABSENTEE_ONLINE_MS = 1000;
export const ABSENTEE_OFFLINE_MS = 3000;

export interface DemoPlan {
  readonly seed: string;
  /** Folder of MNIST's IDX files; null for digits that the program draws. */
  readonly dataFolder: string | null;
  readonly versions: number;
  readonly hidden: number;
  readonly training: DemoTrainingDefaults["training"];
  /** Accuracy that the last version must reach. */
  readonly accuracyMin: number;
}

export interface DemoWish {
  readonly seed: string;
  readonly dataFolder: string | null;
  readonly versions: number | null;
}

const DRAWN_ACCURACY_MIN = 0.85;
const MNIST_ACCURACY_MIN = 0.9;
const CHANCE = 0.1;

export function planOf(wish: DemoWish): DemoPlan {
  const defaults = wish.dataFolder === null ? DRAWN_DEFAULTS : MNIST_DEFAULTS;
  const full = wish.dataFolder === null ? DRAWN_ACCURACY_MIN : MNIST_ACCURACY_MIN;
  const versions = wish.versions ?? defaults.versions;
  return {
    seed: wish.seed,
    dataFolder: wish.dataFolder,
    versions,
    hidden: defaults.hidden,
    training: defaults.training,
    // A run shorter than the default one cannot have learnt as much: it is asked for its part of the way up from guessing.
    accuracyMin: CHANCE + (full - CHANCE) * Math.min(1, versions / defaults.versions),
  };
}

/** When the validator is killed, and the version after which it comes back. */
export function killSchedule(versions: number): { readonly killAt: number; readonly restartAt: number } {
  const killAt = Math.max(1, Math.floor(versions / 2));
  const away = Math.max(1, Math.min(VERSIONS_AWAY, versions - killAt - 1));
  return { killAt, restartAt: Math.min(killAt + away, Math.max(killAt, versions - 1)) };
}

export type DeviceRole = "honest" | "poisoner" | "mostly offline";

export function roleOf(device: number): DeviceRole {
  if (device === POISONER_DEVICE) return "poisoner";
  return device === ABSENTEE_DEVICE ? "mostly offline" : "honest";
}

/** Beyond the defaults of a test network only this: with fewer updates a version closes no sooner than a long while. */
export const DEMO_POLICY: Partial<ModelPolicy> = { minimum: 3, windowCommits: 4000 };
