// Recipients, contexts and dishonest dealers for the tests of dealings.

import {
  type DealingContext,
  type Scalar,
  dealingSecretOf,
  digestFromBytes,
  encryptionKeyOf,
  epoch,
  mustExist,
  portableCrypto,
} from "@selvedge/integrity";
import { testCommittee } from "@selvedge/integrity/testing";
import { deal } from "../../src/coin/dealing.ts";

export const { sha256 } = portableCrypto;

export interface DealingFixture {
  readonly secrets: readonly Scalar[];
  readonly contextOf: (dealer: number, change?: Partial<DealingContext>) => DealingContext;
  readonly dealingOf: (dealer: number) => Uint8Array;
}

export function dealingFixture(stakes: readonly number[]): DealingFixture {
  const { chainId } = testCommittee(stakes.length);
  const secrets = stakes.map((_, index) => dealingSecretOf(new Uint8Array(32).fill(index + 1)));
  const recipients = stakes.map((stake, index) => ({
    stake,
    encryptionKey: encryptionKeyOf(mustExist(secrets[index], "a secret each")),
  }));
  const contextOf = (dealer: number, change: Partial<DealingContext> = {}): DealingContext => ({
    chainId,
    epoch: epoch(1),
    proposal: digestFromBytes(new Uint8Array(32).fill(5)),
    dealerPublicKey: new Uint8Array(32).fill(dealer + 1),
    recipients,
    ...change,
  });
  return {
    secrets,
    contextOf,
    dealingOf: (dealer) => {
      const dealt = deal({ sha256, context: contextOf(dealer), seed: new Uint8Array(32).fill(100 + dealer) });
      if (!dealt.ok) throw new Error(dealt.error.code);
      return dealt.value;
    },
  };
}
