// How many shares of the coin's key each validator holds (docs/protocol.md §6): T tickets in the place of stake, of which
// more than F_T = ⌊(T−1)/3⌋ open the coin. Whoever forms a committee asks here: genesis, ledger and consensus alike.

import { mustExist } from "./assert.ts";
import { type Rejection, rejection } from "./fault.ts";
import { STAKE_MAX } from "./limits.ts";
import { type Result, err, ok } from "./result.ts";

export interface CoinTickets {
  /** By validator; tickets are numbered from 1 in the order of validators. Some may be 0 where stakes are unequal. */
  readonly counts: readonly number[];
  readonly total: number;
  /** F_T: the most tickets that may be faulty. */
  readonly faultyMax: number;
}

/** Tickets are at most this many times the validators. */
const TICKETS_PER_VALIDATOR_MAX = 4;
/** Steps that the checks may take over all the roundings tried: about a second. */
const CHECK_STEPS_MAX = 20_000_000;
/** Steps that sorting takes per validator, roughly. */
const SORT_STEPS = 12;

/** Divisors of a ticket's claim, doubled: the quotient stake / divisor(tickets held) says who gets the next one. */
const METHODS: readonly ((held: number) => number)[] = [
  (held) => 2 * held + 2, // Jefferson: rounds down
  (held) => 2 * held + 1, // Webster: rounds to the nearest
  (held) => 2 * held, // Adams: rounds up
];

/**
 * The least T of n to 4n for which one of three divisor methods rounds the stakes soundly: no set of stake ≤ F holds more
 * than F_T tickets. Then the rest of any such set, a set of stake ≥ Q, holds T − F_T > F_T. Failing that the greatest such
 * T below n, under which the coin is in fewer hands than it might be. Equal stakes get one each.
 */
export function coinTicketsOf(members: readonly { readonly stake: number }[]): Result<CoinTickets, Rejection> {
  const stakes = members.map(({ stake }) => stake);
  if (new Set(stakes).size === 1) return ok(ticketsOf(stakes.map(() => 1)));
  if (stakes.length === 0 || stakes.some((stake) => stake > STAKE_MAX)) {
    return err(rejection("COIN_TICKETS", "no committee, or a stake beyond what tickets are made for"));
  }
  const seats = METHODS.map((divisor) => new Apportionment(stakes, divisor));
  const check = new TicketCheck(stakes);
  let fewer: CoinTickets | undefined;
  for (let total = 1; total <= TICKETS_PER_VALIDATOR_MAX * stakes.length; total += 1) {
    for (const apportionment of seats) {
      apportionment.next();
      const tickets = ticketsOf(apportionment.counts);
      if (!check.isSound(tickets)) continue;
      if (total >= stakes.length) return ok(tickets);
      fewer = tickets;
    }
  }
  if (fewer !== undefined) return ok(fewer);
  const exact = exactTicketsOf(stakes);
  if (exact.total <= TICKETS_PER_VALIDATOR_MAX * stakes.length) return ok(exact);
  return err(rejection("COIN_TICKETS", "no rounding of the stakes to 4 tickets a validator keeps the thresholds"));
}

function ticketsOf(counts: readonly number[]): CoinTickets {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return { counts: [...counts], total, faultyMax: Math.floor((total - 1) / 3) };
}

/** Stakes without their common divisor are sound tickets, if a great many; found last only if the search ran out of steps. */
function exactTicketsOf(stakes: readonly number[]): CoinTickets {
  const divisor = stakes.reduce(greatestCommonDivisor, 0);
  return ticketsOf(stakes.map((stake) => stake / divisor));
}

function greatestCommonDivisor(left: number, right: number): number {
  let [greater, smaller] = [left, right];
  while (smaller !== 0) [greater, smaller] = [smaller, greater % smaller];
  return greater;
}

/** Number of the validator's first ticket. */
export function firstTicketOf({ counts }: CoinTickets, validator: number): number {
  return counts.slice(0, validator).reduce((sum, count) => sum + count, 1);
}

/** Hands out tickets one by one: the next to the greatest claim, among equals to the lowest index. */
class Apportionment {
  readonly #stakes: readonly number[];
  readonly #divisor: (held: number) => number;
  readonly #counts: number[];

  constructor(stakes: readonly number[], divisor: (held: number) => number) {
    this.#stakes = stakes;
    this.#divisor = divisor;
    this.#counts = stakes.map(() => 0);
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  next(): void {
    let best = 0;
    for (let member = 1; member < this.#stakes.length; member += 1) {
      if (this.#claimsMore(member, best)) best = member;
    }
    this.#counts[best] = (this.#counts[best] ?? 0) + 1;
  }

  /** Cross products stay exact: a stake is ≤ 2^40 and a doubled divisor < 2^13. A divisor of 0 is an endless claim. */
  #claimsMore(member: number, other: number): boolean {
    const mine = this.#stakeAndDivisor(member);
    const theirs = this.#stakeAndDivisor(other);
    if (mine.divisor === 0 && theirs.divisor === 0) return mine.stake > theirs.stake;
    return mine.stake * theirs.divisor > theirs.stake * mine.divisor;
  }

  #stakeAndDivisor(member: number): { readonly stake: number; readonly divisor: number } {
    return { stake: this.#stakes[member] ?? 0, divisor: this.#divisor(this.#counts[member] ?? 0) };
  }
}

/** Whether the least stake that holds F_T + 1 tickets is more than F. */
class TicketCheck {
  readonly #stakes: readonly number[];
  readonly #faultyStakeMax: number;
  #stepsLeft = CHECK_STEPS_MAX;

  constructor(stakes: readonly number[]) {
    this.#stakes = stakes;
    this.#faultyStakeMax = Math.floor((stakes.reduce((sum, stake) => sum + stake, 0) - 1) / 3);
  }

  /** Exact as long as the budget lasts, and "no" afterwards: agreed alike everywhere, since it counts steps, not time. */
  isSound(tickets: CoinTickets): boolean {
    this.#stepsLeft -= SORT_STEPS * this.#stakes.length;
    if (this.#stepsLeft < 0) return false;
    const wanted = tickets.faultyMax + 1;
    const byPrice = this.#cheapestFirst(tickets);
    if (this.#isBoughtGreedily(byPrice, wanted)) return false;
    const steps = byPrice.length * wanted;
    if (steps > this.#stepsLeft) return false;
    this.#stepsLeft -= steps;
    return leastStakeHolding(byPrice, wanted) > this.#faultyStakeMax;
  }

  #cheapestFirst({ counts }: CoinTickets): readonly Holding[] {
    return counts
      .map((count, member) => ({ count, stake: mustExist(this.#stakes[member], "a count has its member") }))
      .filter(({ count }) => count > 0)
      .toSorted((left, right) => left.stake * right.count - right.stake * left.count);
  }

  /** A set that shows the rounding unsound, found without the table: most roundings end here. */
  #isBoughtGreedily(byPrice: readonly Holding[], wanted: number): boolean {
    let stakeLeft = this.#faultyStakeMax;
    let held = 0;
    for (const { stake, count } of byPrice) {
      if (stake > stakeLeft) continue;
      stakeLeft -= stake;
      held += count;
    }
    return held >= wanted;
  }
}

interface Holding {
  readonly stake: number;
  readonly count: number;
}

/** Knapsack: the least stake of a set that holds at least `wanted` tickets. */
function leastStakeHolding(holdings: readonly Holding[], wanted: number): number {
  const least = new Float64Array(wanted + 1).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  for (const { stake, count } of holdings) {
    for (let tickets = wanted; tickets > 0; tickets -= 1) {
      const withIt = (least[Math.max(0, tickets - count)] ?? 0) + stake;
      if (withIt < (least[tickets] ?? 0)) least[tickets] = withIt;
    }
  }
  return least[wanted] ?? 0;
}
