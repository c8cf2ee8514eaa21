// Where checking a pruned home begins: at the kept snapshot of the commit that its mark names, whose state root, commit and
// certificate must agree with it. What lies below can no longer be shown here, and is not claimed.

import { type AuditCursor, type Digest, commitIndex, digestFromBytes, verifyCheckpoint } from "@selvedge/integrity";
import { type Ledger, restoreLedger } from "@selvedge/ledger";
import { readCommit } from "../daemon/restore.ts";
import { orderedNumber, stateKey } from "../storage/keys.ts";
import { readPruneMark } from "../storage/prune-mark.ts";
import { shelvedSnapshot } from "../storage/snapshot-shelf.ts";
import { prunedUncertified, vouchersOf } from "./certified.ts";
import { FindingError, readingOf } from "./finding.ts";
import type { VerifyProgress } from "./progress-file.ts";
import { type VerifiedHome, noCounts } from "./verified-home.ts";

/** Undefined if the home is whole and is checked from genesis on. */
export async function prunedStart(home: VerifiedHome): Promise<VerifyProgress | undefined> {
  const mark = await readingOf("the mark of pruning", () => readPruneMark(home.store));
  if (mark === undefined) return undefined;
  const { base } = mark;
  const subject = `the kept snapshot of commit ${base}`;
  const ledger = await keptLedger(home, base, subject);
  const stored = await readingOf(`commit ${base}`, () => home.chain.commit(base));
  if (stored === undefined) throw missing(`commit ${base}`);
  const { commit, digest } = await readingOf(`commit ${base}`, async () => readCommit(stored));
  await checkRoot(home, base, ledger.stateRoot());
  const isCertified = await checkVouched(home, { base, stateRoot: ledger.stateRoot(), digest });
  return {
    position: { index: base, digest, timestampMs: commit.timestampMs },
    ledger,
    counts: { ...noCounts(), certifiedCommit: isCertified ? base : 0 },
    lineages: new Map(ledger.models().map(({ id, current }) => [id, cursorAt(current)])),
  };
}

async function keptLedger(home: VerifiedHome, base: number, subject: string): Promise<Ledger> {
  const bytes = await readingOf(subject, () => shelvedSnapshot(home.store, base));
  if (bytes === undefined) throw missing(subject);
  const ledger = restoreLedger(home.ledgerOptions, bytes);
  if (!ledger.ok) throw new FindingError(subject, ledger.error);
  if (ledger.value.lastCommitIndex() !== base)
    throw new FindingError(subject, { code: "SNAPSHOT_DIFFERS", detail: "is of another commit" });
  return ledger.value;
}

async function checkRoot(home: VerifiedHome, base: number, stateRoot: Digest): Promise<void> {
  const subject = `state root of commit ${base}`;
  const bytes = await readingOf(subject, () => home.store.get("state", stateKey("root", orderedNumber(base))));
  if (bytes === undefined) throw missing(subject);
  if (digestFromBytes<Digest>(bytes) !== stateRoot)
    throw new FindingError(subject, { code: "STATE_ROOT_DIFFERS", detail: "not the root of the kept snapshot" });
}

/**
 * Q signatures over the base itself, or over a later commit: the walk executes up to it, and the state that they certify
 * follows from the right base only. True if those over the base are there.
 */
async function checkVouched(
  home: VerifiedHome,
  { base, stateRoot, digest }: { readonly base: number; readonly stateRoot: Digest; readonly digest: string },
): Promise<boolean> {
  const subject = vouchersOf(base);
  const newest = await readingOf(subject, () => home.state.latestCheckpoint());
  if (newest === undefined || newest.statement.index < base) throw prunedUncertified(base);
  const own = await readingOf(subject, () => home.state.checkpoint(commitIndex(base)));
  if (own === undefined) return false;
  const context = home.contextIn(own.statement.epoch);
  if (context === undefined)
    throw new FindingError(subject, { code: "EPOCH_RECORD_MISSING", detail: "of an unknown epoch" });
  const statement = verifyCheckpoint(own, context);
  if (!statement.ok) throw new FindingError(subject, statement.error);
  if (statement.value.commitDigest !== digest || statement.value.stateRoot !== stateRoot)
    throw new FindingError(subject, {
      code: "CHECKPOINT_STATE",
      detail: "certifies another state than the snapshot's",
    });
  return true;
}

function cursorAt({ record, digest }: ReturnType<Ledger["models"]>[number]["current"]): AuditCursor {
  const { modelId, version, commitIndex: closedAt, weightsRoot, weightsBytes } = record;
  return { modelId, version, digest, commitIndex: closedAt, weightsRoot, weightsBytes };
}

function missing(subject: string): FindingError {
  return new FindingError(subject, {
    code: "PRUNED_BASE_MISSING",
    detail: "not there, though the home begins with it",
  });
}
