// Coin keys from one party that knows all of them: for test networks, whose genesis says so (§6). A chain with something
// to lose makes its keys together instead.

import { type CoinGroup, type Scalar, mustExist, ristrettoGroup, scalarToBytes } from "@selvedge/integrity";
import { bigEndian32 } from "../hash-draw.ts";
import { concatenated } from "./bytes.ts";
import { evaluatePolynomial } from "./interpolation.ts";

const DEAL_DOMAIN = "selvedge/1/coin-deal";

export interface CoinDeal {
  /** By validator, in the order of the committee. */
  readonly tickets: readonly number[];
  /** F_T: one share more opens the coin. */
  readonly threshold: number;
  /** As secret as the keys that come of it. */
  readonly seed: Uint8Array;
}

export interface DealtCoinKeys {
  readonly groupPublicKey: Uint8Array;
  /** By validator, 32 bytes per ticket. */
  readonly publicShares: readonly (readonly Uint8Array[])[];
  readonly secretShares: readonly (readonly Uint8Array[])[];
}

/** Shamir shares f(1), f(2), … of f(0), f of degree `threshold` with coefficients hashed from the seed. */
export function dealCoinKeys({ tickets, threshold, seed }: CoinDeal, group: CoinGroup = ristrettoGroup): DealtCoinKeys {
  const coefficients = Array.from({ length: threshold + 1 }, (_, power) =>
    group.hashToScalar(DEAL_DOMAIN, concatenated([bigEndian32(power), seed])),
  );
  const constant = mustExist(coefficients[0], "a polynomial has a constant term");
  let ticket = 0;
  const secrets: readonly (readonly Scalar[])[] = tickets.map((count) =>
    Array.from({ length: count }, () => {
      ticket += 1;
      return evaluatePolynomial(coefficients, ticket);
    }),
  );
  return {
    groupPublicKey: group.encode(group.multiplyBase(constant)),
    publicShares: secrets.map((own) => own.map((secret) => group.encode(group.multiplyBase(secret)))),
    secretShares: secrets.map((own) => own.map(scalarToBytes)),
  };
}
