// What the engine needs of the coin; coin.ts has the threshold Diffie–Hellman implementation (docs/protocol.md §6).

import type { CoinIndex, CoinShare, ValidatorIndex } from "@selvedge/integrity";

/** Shares of more than F_T tickets open the coin; verification is lazy: only when C(k) is consulted. */
export interface CoinKeys {
  /** This validator's share for C(k), or null without a secret (observer) or without a group key. */
  readonly shareFor: (coin: CoinIndex) => CoinShare | null;
  /**
   * The author that C(k) names, from the shares at hand, or why it is not open yet. Bad shares are named, never fatal.
   * Pure: the same shares in any order name the same author.
   */
  readonly open: (coin: CoinIndex, shares: readonly CoinContribution[]) => CoinOpening;
}

export interface CoinContribution {
  readonly author: ValidatorIndex;
  readonly share: CoinShare;
}

export interface CoinOpening {
  /** Undefined while the valid shares do not exceed the threshold. */
  readonly author: ValidatorIndex | undefined;
  /** Positions in `shares` of those that were looked at and found bad; an author may have two blocks of one round. */
  readonly invalidPositions: readonly number[];
}
