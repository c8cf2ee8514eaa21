// Looks into the homes of stopped daemons, after everything: one chain (C1), every acknowledged transaction in it
// (C2), one block for each author and round wherever it was stored (C3), every home sound (C6).

import { type CommitDigest, decodeBlock, decodeCommit } from "@selvedge/integrity";
import { transactionDigest } from "@selvedge/ledger";
import { LevelStore, sha256 } from "@selvedge/node";
import { ChainStore, homePaths, verifyHome } from "@selvedge/node/testing";
import { BlockWatch } from "./block-watch.ts";
import type { Checks } from "./fault.ts";

export interface AuditOptions {
  readonly homes: readonly string[];
  readonly acked?: ReadonlySet<string>;
  /** Members who are meant to equivocate. */
  readonly hostile?: readonly number[];
  /** How many of the homes C6 walks through, from the first on: the dearest check, and by C1 they hold one chain. */
  readonly verifiedMax?: number;
}

export interface AuditFigures {
  readonly commits: number;
  readonly blocks: number;
  /** Slots of hostile authors in which two blocks are stored. */
  readonly twins: number;
}

/** Commits that any chain of a fault run can have. */
const COMMITS_MAX = 1_000_000;
const ROUNDS_MAX = 10_000_000;
const PAGE = { blocksMax: 256, bytesMax: 16 * 1024 * 1024 };

export async function auditHomes(options: AuditOptions, checks: Checks): Promise<AuditFigures> {
  const { homes, acked = new Set(), hostile = [], verifiedMax = homes.length } = options;
  const watch = new BlockWatch(checks, hostile);
  const chain = new Map<number, CommitDigest>();
  let counts: ReadonlyMap<string, number> = new Map<string, number>();
  let longest = 0;
  for (const home of homes) {
    await withChain(home, watch, async (own) => {
      await compareCommits(own, chain, checks);
      const [last] = await own.recentCommits(1);
      if ((last?.index ?? 0) <= longest) return;
      // What an acknowledgement promises is in the longest chain at least: the others are prefixes of it (C1).
      longest = last?.index ?? 0;
      counts = await countTransactions(own);
    });
  }
  for (const home of homes.slice(0, verifiedMax)) await verify(home, checks);
  for (const digest of acked) {
    const count = counts.get(digest) ?? 0;
    // Blocks may carry a transaction twice (two gateways, a restart): the ledger's log counts it once.
    checks.expect("C2", count >= 1, `the acknowledged transaction ${digest} is not in the chain`);
  }
  return { commits: chain.size, blocks: watch.count, twins: watch.twinCount };
}

/** Shows the blocks of every epoch to the watch, then looks at the chain as its newest epoch sees it. */
async function withChain(home: string, watch: BlockWatch, look: (own: ChainStore) => Promise<void>): Promise<void> {
  const store = await LevelStore.open({ folder: homePaths(home).chainData, sha256, create: false });
  try {
    let newest = await ChainStore.open(store, sha256);
    let blocks = await watchBlocks(newest, watch, 0);
    for (let epoch = 1; blocks > 0; epoch += 1) {
      const next = await ChainStore.open(store, sha256, { epoch, baseIndex: 0 });
      blocks = await watchBlocks(next, watch, epoch);
      if (blocks > 0) newest = next;
    }
    await look(newest);
  } finally {
    await store.close();
  }
}

async function compareCommits(own: ChainStore, chain: Map<number, CommitDigest>, checks: Checks): Promise<void> {
  for (const { index, digest } of await own.recentCommits(COMMITS_MAX)) {
    const before = chain.get(index);
    if (before === undefined) chain.set(index, digest);
    else checks.expect("C1", before === digest, `commit ${index} is ${before} here and ${digest} there`);
  }
}

async function watchBlocks(own: ChainStore, watch: BlockWatch, epoch: number): Promise<number> {
  let count = 0;
  for (let fromRound = 1; ;) {
    const page = await own.blocksInRounds(fromRound, ROUNDS_MAX, PAGE);
    let newest = fromRound;
    for (const bytes of page) {
      const block = decodeBlock(bytes, sha256);
      if (!block.ok) continue;
      watch.see(block.value.ref, epoch);
      count += 1;
      newest = block.value.ref.round;
    }
    if (page.length < PAGE.blocksMax) return count;
    // The page may end within a round: that round is read again.
    fromRound = newest === fromRound ? newest + 1 : newest;
  }
}

async function countTransactions(own: ChainStore): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { index } of await own.recentCommits(COMMITS_MAX)) {
    const stored = await own.commit(index);
    const commit = stored === undefined ? undefined : decodeCommit(stored.bytes, sha256);
    if (commit?.ok !== true) continue;
    for (const bytes of await own.blocks(commit.value.commit.blocks)) {
      const block = bytes === undefined ? undefined : decodeBlock(bytes, sha256);
      if (block?.ok !== true) continue;
      for (const transaction of block.value.body.transactions) {
        const digest = transactionDigest(sha256, transaction);
        counts.set(digest, (counts.get(digest) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/** C6: walks through the whole home. `what` names it where the home's path does not say enough. */
export async function verify(home: string, checks: Checks, what = home): Promise<void> {
  try {
    await verifyHome({ home, full: true, restart: true });
    checks.expect("C6", true, "");
  } catch (error) {
    checks.expect("C6", false, `${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
