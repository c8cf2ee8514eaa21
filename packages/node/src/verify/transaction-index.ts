// The index of transactions against what executing the commits logs: each record names the commit that logged its
// transaction last. Compared record by record as the walk goes, with a count for the end, so that memory does not grow.

import type { TransactionsLoggedEvent } from "@selvedge/ledger";
import { FindingError, readingOf } from "./finding.ts";
import type { VerifiedHome } from "./verified-home.ts";

/** How many of the transactions that a commit logs are in the index with it: the others say they are logged again later. */
export async function checkLogged(
  { state }: Pick<VerifiedHome, "state">,
  { digests, commitIndex }: Pick<TransactionsLoggedEvent, "digests" | "commitIndex">,
): Promise<number> {
  const found = await readingOf(`the index of transactions of commit ${commitIndex}`, () =>
    Promise.all(digests.map((digest) => state.transactionCommit(digest))),
  );
  let indexed = 0;
  for (const [position, stored] of found.entries()) {
    if (stored === undefined || stored < commitIndex)
      throw new FindingError(`transaction ${digests[position]}`, {
        code: "TRANSACTION_INDEX",
        detail: `commit ${commitIndex} logs it, the index ${stored === undefined ? "lacks it" : `says ${stored}`}`,
      });
    if (stored === commitIndex) indexed += 1;
  }
  return indexed;
}

export interface IndexEnd {
  /** Records up to the commit that a pruned home begins with stay, and can no longer be shown. */
  readonly base: number;
  /** Records that the walk found under the commit that they name. */
  readonly indexed: number;
  readonly signal: AbortSignal;
}

/** After the last commit: a record that no commit bears out is one more than were found. False if it was interrupted. */
export async function checkIndexEnd(
  { state }: Pick<VerifiedHome, "state">,
  { base, indexed, signal }: IndexEnd,
): Promise<boolean> {
  let records = 0;
  const subject = "the index of transactions";
  const isThrough = await readingOf(subject, async () => {
    for await (const { commitIndex } of state.transactions()) {
      if (signal.aborted) return false;
      if (commitIndex > base) records += 1;
    }
    return true;
  });
  if (isThrough && records > indexed)
    throw new FindingError(subject, {
      code: "TRANSACTION_INDEX",
      detail: `${records - indexed} of its records name a commit that did not log their transaction, or not last`,
    });
  return isThrough;
}
