// The cost model: CPU time of what a node does with a block, from a table that a bench measured. A block is charged to each
// receiver once for every time it is sent to it; verdicts that the simulation shares are charged all the same.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { CostTable } from "../run/run-options.ts";

const KIB = 1024;

/** Receiving: hashing, one signature, the DAG, and the body's entries. Microseconds. */
export function blockCostUs({ bytes, header, body }: VerifiedBlock, costs: CostTable): number {
  return (
    costs.verifyUs * (1 + body.updates.length) +
    costs.blockUs +
    costs.parentUs * header.parents.length +
    (costs.hashUsPerKiB * bytes.length) / KIB +
    costs.transactionUs * body.transactions.length +
    (header.coinShare === null ? 0 : costs.coinVerifyUs)
  );
}

/** Making one's own: as above with a signature made instead of checked. */
export function ownBlockCostUs({ bytes, header, body }: VerifiedBlock, costs: CostTable): number {
  return Math.round(
    costs.signUs * (1 + header.checkpointVotes.length) +
      costs.blockUs +
      costs.parentUs * header.parents.length +
      (costs.hashUsPerKiB * bytes.length) / KIB +
      costs.transactionUs * body.transactions.length +
      (header.coinShare === null ? 0 : costs.coinShareUs),
  );
}
