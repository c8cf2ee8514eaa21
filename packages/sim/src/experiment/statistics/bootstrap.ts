// Bootstrap intervals by percentiles: resample with replacement, take the statistic of each resample. Draws come from a
// seed of their own, so that the same sample always has the same interval.

import type { Choices } from "../../kernel/decisions.ts";
import { RecordedStreams } from "../../kernel/random.ts";
import { quantileOfSorted } from "./summary.ts";

const RESAMPLES = 1000;
const LEVEL = 0.95;
const SEED = 1;

export interface BootstrapOptions {
  readonly resamples?: number;
  readonly level?: number;
  readonly choices?: Choices;
}

/** [low, high]; for a single value, twice that value. */
export function bootstrapInterval(
  values: readonly number[],
  statistic: (sample: readonly number[]) => number,
  options: BootstrapOptions = {},
): readonly [number, number] {
  const [first] = values;
  if (first === undefined) return [Number.NaN, Number.NaN];
  if (values.every((value) => value === first)) return [first, first];
  const { resamples = RESAMPLES, level = LEVEL, choices = new RecordedStreams(SEED).of("bootstrap") } = options;
  const statistics: number[] = [];
  for (let turn = 0; turn < resamples; turn += 1) {
    statistics.push(statistic(values.map(() => values[choices.below(values.length)] ?? first)));
  }
  statistics.sort((left, right) => left - right);
  const tail = (1 - level) / 2;
  return [quantileOfSorted(statistics, tail) ?? first, quantileOfSorted(statistics, 1 - tail) ?? first];
}
