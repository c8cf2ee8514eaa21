// Prunes a stopped node's home, or says what pruning would free.

import { sha256 } from "../crypto.ts";
import { restoreLedgerState } from "../daemon/restore.ts";
import { type PruneMark, readPruneMark } from "../storage/prune-mark.ts";
import { type VerifiedHome, openVerifiedHome } from "../verify/verified-home.ts";
import { compactPruned } from "./compact.ts";
import { isNeeded } from "./live-view.ts";
import { runPass } from "./prune-pass.ts";
import { planPrune } from "./prune-plan.ts";
import { BATCH_OPS_MAX, PruneSink, type PruneTotals } from "./prune-sink.ts";
import type { PruneView } from "./prune-view.ts";

export interface PruneHomeOptions {
  readonly home: string;
  readonly keepCommits: number;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
  /** Only tests set it. */
  readonly batchOpsMax?: number;
}

export interface PruneOutcome {
  readonly totals: PruneTotals;
  /** Where the home begins; undefined if it is whole. */
  readonly mark: PruneMark | undefined;
  readonly executedIndex: number;
  readonly isDryRun: boolean;
}

export async function pruneHome(options: PruneHomeOptions): Promise<PruneOutcome> {
  const home = await openVerifiedHome(options.home);
  try {
    return await pruneOpened(home, options);
  } finally {
    await home.close();
  }
}

async function pruneOpened(home: VerifiedHome, options: PruneHomeOptions): Promise<PruneOutcome> {
  const { isDryRun, signal, keepCommits } = options;
  const view = await stoppedView(home);
  const pace = async (): Promise<void> => signal.throwIfAborted();
  const sink = new PruneSink({ store: home.store, isDryRun, batchOpsMax: options.batchOpsMax ?? BATCH_OPS_MAX, pace });
  const plan = await planPrune(view, keepCommits);
  if (plan !== undefined) {
    await runPass(view, plan, sink);
    if (!isDryRun) await compactPruned(home.store, plan);
  }
  const mark = isDryRun && plan !== undefined ? plan.mark : await readPruneMark(home.store);
  return { totals: sink.totals, mark, executedIndex: view.executedIndex(), isDryRun };
}

async function stoppedView(home: VerifiedHome): Promise<PruneView> {
  // As of the newest snapshot: what came out after it lies above every base.
  const ledger = await restoreLedgerState(home.ledgerOptions, home.state);
  const executed = await lastRoot(home);
  return {
    store: home.store,
    sha256,
    chain: home.chain,
    state: home.state,
    genesis: home.genesis,
    chainId: home.chainId,
    ledgerOptions: home.ledgerOptions,
    epoch: home.epoch,
    newestBlocks: () => home.chain.newestBlocks(),
    models: ledger.models().map(({ id }) => id),
    executedIndex: () => executed,
    isNeeded: (update, base) => isNeeded(ledger, update, base),
    removePayload: async (_root, removal) => {
      await removal();
      return true;
    },
  };
}

async function lastRoot({ store }: VerifiedHome): Promise<number> {
  for await (const { key } of store.iterate("state", { gte: "root/", lt: "root0", reverse: true, limit: 1 }))
    return Number.parseInt(key.slice("root/".length), 16);
  return 0;
}
