// Puts its share of the coin before into the place of its share of the coin that is due: good points with a good proof, of
// something else.

import type { CoinShare } from "@selvedge/integrity";
import type { Adversary } from "../../../src/adversary/adversary.ts";
import { lyingHooks } from "../../../src/adversary/forged-chain.ts";

export function staleShares(node: number): Adversary {
  let before: CoinShare | undefined;
  const { onEmit } = lyingHooks(({ header }, world) => {
    const { coinShare } = header;
    if (coinShare === null) return undefined;
    const stale = before;
    before = coinShare;
    if (stale === undefined) return undefined;
    world.acted("gave a stale share");
    return { header: { coinShare: stale } };
  });
  return { name: "stale-shares", power: "oblivious", nodes: [node], ...(onEmit && { onEmit }) };
}
