// The score of an update (U6): the stake-weighted lower median of what its scoring validators said.

import { type Score, assert, mustExist } from "@selvedge/integrity";

export interface StakedScore {
  readonly score: Score;
  readonly stake: number;
}

/** The least score such that scores up to it hold at least half of the stake: within what honest validators said. */
export function lowerMedianScore(scores: readonly StakedScore[]): Score {
  assert(scores.length > 0, "a median is of at least one score");
  const ascending = scores.toSorted((left, right) => left.score - right.score);
  const total = ascending.reduce((sum, { stake }) => sum + stake, 0);
  let below = 0;
  for (const { score, stake } of ascending) {
    below += stake;
    if (2 * below >= total) return score;
  }
  return mustExist(ascending.at(-1), "half of a positive stake is reached").score;
}
