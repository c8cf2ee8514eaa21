// The coordinate-wise median of a set of deltas. It takes no notice of weights: a median of unequally weighted values
// would let one device with many samples name the coordinate.

import type { Kernel } from "./delta-set.ts";

/** Above this many values the engine's own sort is faster than insertion. Results are the same. */
const INSERTION_MAX = 48;

/**
 * Each coordinate: the values scale × value, with −0 made +0, in ascending order; the middle one, or of an even number
 * (lower + upper) ÷ 2. Equal values have equal bits, so any sorting algorithm gives the same result.
 */
export const coordinateMedian: Kernel = (deltas, tensor) => {
  const size = deltas[0]?.delta[tensor]?.length ?? 0;
  const median = new Float64Array(size);
  const values = new Float64Array(deltas.length);
  for (let index = 0; index < size; index += 1) {
    deltas.forEach(({ delta, scale }, position) => {
      values[position] = scale * (delta[tensor]?.[index] ?? 0) + 0;
    });
    sortAscending(values);
    median[index] = middleOf(values);
  }
  return median;
};

function middleOf(ascending: Float64Array): number {
  const upper = ascending[ascending.length >> 1] ?? 0;
  if (ascending.length % 2 === 1) return upper;
  return ((ascending[(ascending.length >> 1) - 1] ?? 0) + upper) / 2;
}

function sortAscending(values: Float64Array): void {
  if (values.length > INSERTION_MAX) {
    values.sort((left, right) => left - right);
    return;
  }
  for (let index = 1; index < values.length; index += 1) insertInto(values, index);
}

/** Moves the value at `index` down to its place among those before it, which are sorted. */
function insertInto(values: Float64Array, index: number): void {
  const value = values[index] ?? 0;
  let place = index;
  for (; place > 0; place -= 1) {
    const before = values[place - 1] ?? 0;
    if (before <= value) break;
    values[place] = before;
  }
  values[place] = value;
}
