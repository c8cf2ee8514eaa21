// S7: who leads P slots. A schedule is a permutation of *places*, drawn from the epoch's seed and the schedule's number;
// the places of those who did worst under the last schedule go to those who did best. The exact arithmetic stands in
// docs/protocol.md, S7, and is repeated at each step here.

import {
  type ChainId,
  type Committee,
  type Digest,
  type Epoch,
  type Sha256,
  type ValidatorIndex,
  assert,
  digestOf,
  digestToBytes,
  mustExist,
  stakeOf,
  validatorIndex,
} from "@selvedge/integrity";
import { HashDraw, bigEndian64 } from "../hash-draw.ts";

export interface LeaderSchedule {
  /** The first is 1; schedule i rules up to the slot that emits commit i·U. */
  readonly number: number;
  readonly places: readonly ValidatorIndex[];
}

export interface ScheduleDraw {
  readonly sha256: Sha256;
  readonly committee: Committee;
  readonly epochSeed: Digest;
  readonly number: number;
  /** By author, from the U commits before; null for the first schedule of an epoch. */
  readonly scores: readonly number[] | null;
}

const FIRST_SCHEDULE = 1;
/** A permutation has at most this many places per validator, and one more each for those that round to none. */
const PLACES_PER_VALIDATOR = 4;

export interface EpochOrigin {
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  /** Digest of the epoch's start (§11); absent in the first epoch. */
  readonly startDigest?: Digest | undefined;
}

export function epochSeedOf(sha256: Sha256, { chainId, epoch, startDigest }: EpochOrigin): Digest {
  const start = startDigest === undefined ? [] : [digestToBytes(startDigest)];
  return digestOf(sha256, "epoch-seed", digestToBytes(chainId), bigEndian64(epoch), ...start);
}

export function firstSchedule(draw: Omit<ScheduleDraw, "number" | "scores">): LeaderSchedule {
  return drawSchedule({ ...draw, number: FIRST_SCHEDULE, scores: null });
}

/** leader(r) is entry r mod length. */
export function leaderIn(schedule: LeaderSchedule, round: number): ValidatorIndex {
  return mustExist(schedule.places[round % schedule.places.length], "a schedule has places");
}

export function drawSchedule(draw: ScheduleDraw): LeaderSchedule {
  const places = shuffled(unshuffledPlaces(draw.committee), draw);
  return {
    number: draw.number,
    places: draw.scores === null ? places : exchanged(places, draw.scores, draw.committee),
  };
}

/** Ascending by author. Stakes over their greatest common divisor if those make ≤ 4n places, else ⌊4n·s/S⌋, at least 1. */
function unshuffledPlaces({ validators, totalStake }: Committee): readonly ValidatorIndex[] {
  const divisor = validators.reduce((common, { stake }) => greatestCommonDivisor(common, stake), 0);
  const placesMax = PLACES_PER_VALIDATOR * validators.length;
  const isExact = totalStake / divisor <= placesMax;
  return validators.flatMap(({ index, stake }) => {
    // 4n·s may exceed 2^53.
    const rounded = Number((BigInt(placesMax) * BigInt(stake)) / BigInt(totalStake));
    return Array.from({ length: isExact ? stake / divisor : Math.max(1, rounded) }, () => index);
  });
}

/** Fisher–Yates from the end: for i = length − 1 … 1, swap i with a draw from [0, i]. */
function shuffled(places: readonly ValidatorIndex[], draw: ScheduleDraw): readonly ValidatorIndex[] {
  const { sha256, epochSeed, number } = draw;
  const seed = digestOf(sha256, "schedule", digestToBytes(epochSeed), bigEndian64(number));
  const random = new HashDraw({ sha256, kind: "schedule", seed });
  const result = [...places];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const moved = mustExist(result[last], "the position is within the places");
    result[last] = mustExist(result[other], "a draw is within the places");
    result[other] = moved;
  }
  return result;
}

/** The j-th place (in permutation order) that one of the worst holds goes to best[j mod |best|]. */
function exchanged(
  places: readonly ValidatorIndex[],
  scores: readonly number[],
  committee: Committee,
): readonly ValidatorIndex[] {
  const { best, worst } = extremes(scores, committee);
  if (best.length === 0) return places;
  let taken = 0;
  return places.map((holder) => {
    if (!worst.has(holder)) return holder;
    const taker = best[taken % best.length];
    taken += 1;
    return mustExist(taker, "the best are not empty");
  });
}

/**
 * Authors by falling score, ties by rising index. The worst third: from the end while their stake sums to ≤ F. The best:
 * from the front while their stake sums to ≤ F, the first one in any case. 2F < S, so nobody is in both. Of the worst,
 * those who scored no less than the last of the best keep their places: equals do not exchange.
 */
function extremes(
  scores: readonly number[],
  committee: Committee,
): { readonly best: readonly ValidatorIndex[]; readonly worst: ReadonlySet<ValidatorIndex> } {
  const scoreOf = (author: ValidatorIndex): number => mustExist(scores[author], "every author has a score");
  const ranked = committee.validators
    .map(({ index }) => index)
    .toSorted((left, right) => scoreOf(right) - scoreOf(left) || left - right);
  const best = prefixWithin(ranked, committee);
  const lowest = prefixWithin(ranked.toReversed(), committee);
  const first = mustExist(ranked[0], "a committee has members");
  const takers = best.length === 0 ? [first] : best;
  const bound = scoreOf(mustExist(takers.at(-1), "the best are not empty"));
  const worst = new Set(lowest.filter((author) => scoreOf(author) < bound));
  return { best: takers, worst };
}

function prefixWithin(ranked: readonly ValidatorIndex[], committee: Committee): readonly ValidatorIndex[] {
  let stake = 0;
  const end = ranked.findIndex((author) => {
    stake += stakeOf(committee, author);
    return stake > committee.faultyStakeMax;
  });
  return end < 0 ? ranked : ranked.slice(0, end);
}

function greatestCommonDivisor(left: number, right: number): number {
  let [a, b] = [left, right];
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** Places as they stand in a stored state. */
export function scheduleOf(number: number, places: readonly number[]): LeaderSchedule {
  assert(places.length > 0, "a schedule has places");
  return { number, places: places.map((place) => validatorIndex(place)) };
}
