// The experiments by name, in the order of the handbook.

import { suggestion } from "../scenario/nearest-name.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import { BYZANTINE_STRATEGIES, COMPARE } from "./definitions/adversity.ts";
import { COMPLEXITY, MESSAGE_DELAYS } from "./definitions/cost.ts";
import { BLIP, HANGOVER, PARTITION_RECOVERY } from "./definitions/disturbance.ts";
import { FRONTIER } from "./definitions/frontier.ts";
import { CRASH_FAULTS, LATENCY_THROUGHPUT, PEAK_THROUGHPUT } from "./definitions/load.ts";
import { ADVERSARIAL_DELAY, LATENCY_CDF, LOSS } from "./definitions/network.ts";
import type { Experiment } from "./experiment.ts";

export const EXPERIMENTS: readonly Experiment[] = [
  COMPARE,
  LATENCY_THROUGHPUT,
  PEAK_THROUGHPUT,
  CRASH_FAULTS,
  BLIP,
  PARTITION_RECOVERY,
  HANGOVER,
  LATENCY_CDF,
  LOSS,
  ADVERSARIAL_DELAY,
  BYZANTINE_STRATEGIES,
  COMPLEXITY,
  FRONTIER,
  MESSAGE_DELAYS,
];

/** By its whole name or by its number, "e8" or "E8". Throws USAGE with the name that was probably meant. */
export function experimentNamed(name: string): Experiment {
  const [wanted, number] = [name.toLowerCase(), `${name.toLowerCase()}-`];
  const experiment = EXPERIMENTS.find((candidate) => candidate.name === wanted || candidate.name.startsWith(number));
  if (experiment !== undefined) return experiment;
  const names = EXPERIMENTS.map((candidate) => candidate.name);
  throw new SimInputError("USAGE", `there is no experiment ${name}${suggestion(name, names)}`);
}
