// What a node's ledger is made from, wherever one is: at the start of a node, from a peer's state, beside a pass of pruning,
// in the checking of a stopped node's home. The limits are the agreed ones.

import { createDealingScheme } from "@selvedge/consensus";
import { committeeOf } from "@selvedge/integrity";
import type { LedgerOptions } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";

export function ledgerOptionsOf(chain: Pick<LedgerOptions, "genesis" | "chainId" | "crypto">): LedgerOptions {
  const { genesis, chainId, crypto } = chain;
  return { genesis, chainId, committee: committeeOf(genesis), crypto, dealingScheme: createDealingScheme(sha256) };
}
