// §6: how many shares of the coin's key each validator holds. T tickets, of which more than F_T = ⌊(T−1)/3⌋ open the coin.

import { type Committee, type Rejection, type Result, err, ok, rejection } from "@selvedge/integrity";

export interface CoinTickets {
  /** By validator; tickets are numbered from 1 in the order of validators. */
  readonly counts: readonly number[];
  readonly total: number;
  /** F_T: the most tickets that may be faulty. */
  readonly faultyMax: number;
}

/** One ticket each. Unequal stakes are refused until their rounding is specified. */
export function coinTicketsOf(committee: Committee): Result<CoinTickets, Rejection> {
  const stakes = new Set(committee.validators.map(({ stake }) => stake));
  if (stakes.size !== 1) return err(rejection("COIN_UNEQUAL_STAKES", "the coin's tickets need equal stakes"));
  return ok(ticketsOf(committee.validators.map(() => 1)));
}

function ticketsOf(counts: readonly number[]): CoinTickets {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return { counts, total, faultyMax: Math.floor((total - 1) / 3) };
}

/** Number of the validator's first ticket. */
export function firstTicketOf({ counts }: CoinTickets, validator: number): number {
  return counts.slice(0, validator).reduce((sum, count) => sum + count, 1);
}
