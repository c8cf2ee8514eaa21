// A whole lineage replayed from the genesis weights, version by version, as those do who have all of it at hand.

import type { Rejection, Result } from "@selvedge/integrity";
import { type ReplayOptions, type ReplayState, type ReplayStep, replayVersion, startReplay } from "../src/index.ts";

/** The last state, or the first thing that does not hold. */
export function replaySteps(
  options: ReplayOptions,
  weights: Uint8Array,
  steps: Iterable<ReplayStep>,
): Result<ReplayState, Rejection> {
  let state = startReplay(options, weights);
  for (const step of steps) {
    if (!state.ok) return state;
    state = replayVersion(options, state.value, step);
  }
  return state;
}
