// A stopped node's home, opened for checking: everything that the walks read from, and what they count.

import {
  type BlockContext,
  type ChainId,
  type CheckpointStatement,
  type Genesis,
  type Store,
  chainIdOf,
  epochStartOf,
} from "@selvedge/integrity";
import { type LedgerOptions, followEpoch } from "@selvedge/ledger";
import { type HomePaths, homePaths } from "../config/home.ts";
import { createNodeCrypto, sha256 } from "../crypto.ts";
import { isThere, openStore, readGenesisBundle } from "../daemon/home.ts";
import { ledgerOptionsOf } from "../daemon/ledger-options.ts";
import { blockContextOf, epochAt } from "../epoch/epoch-at.ts";
import { EpochStore } from "../epoch/epoch-store.ts";
import { NodeError } from "../errors.ts";
import { ChainStore } from "../storage/chain-store.ts";
import { PayloadStore } from "../storage/payload-store.ts";
import { StateStore } from "../storage/state-store.ts";
import { FindingError, readingOf } from "./finding.ts";

export interface VerifiedHome {
  readonly paths: HomePaths;
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly store: Store;
  readonly chain: ChainStore;
  /** The last one that has begun. */
  readonly epoch: number;
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  /** By which blocks and certificates of an epoch are judged; undefined for one of which there is no record here. */
  readonly contextIn: (epoch: number) => BlockContext | undefined;
  /** By commit, for those that closed an epoch: what the committee signed that handed over then. */
  readonly closings: ReadonlyMap<number, CheckpointStatement>;
  readonly ledgerOptions: LedgerOptions;
  readonly close: () => Promise<void>;
}

/** HOME_IN_USE if the node runs, HOME_MISSING if there is none, a finding if the database's log is damaged. */
export async function openVerifiedHome(root: string): Promise<VerifiedHome> {
  const paths = homePaths(root);
  if (!(await isThere(paths.genesis))) throw new NodeError("HOME_MISSING", `${root} is not initialised`);
  const { genesis } = await readGenesisBundle(paths.genesis, paths.genesisWeights);
  const chainId = chainIdOf(genesis, sha256);
  const crypto = createNodeCrypto();
  const store = await readingOf("the database", () => openStore(paths, genesis));
  try {
    const { contexts, closings } = await storedEpochs(store, genesis, { chainId, params: genesis.params, crypto });
    return {
      paths,
      genesis,
      chainId,
      store,
      // Of all epochs: its last commit is the chain's.
      chain: await ChainStore.open(store, sha256, { epoch: contexts.length - 1, baseIndex: 0 }),
      epoch: contexts.length - 1,
      state: new StateStore(store, sha256),
      payloads: new PayloadStore(store, sha256),
      contextIn: (epoch) => contexts[epoch],
      closings,
      ledgerOptions: ledgerOptionsOf({ genesis, chainId, crypto }),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * By epoch, for all of which there is a record: each names the start that the committee before it has certified. That this
 * start is the one that the commits make is found out by executing them.
 */
async function storedEpochs(
  store: Store,
  genesis: Genesis,
  chain: Pick<BlockContext, "chainId" | "params" | "crypto">,
): Promise<{ readonly contexts: readonly BlockContext[] } & Pick<VerifiedHome, "closings">> {
  const epochs = new EpochStore(store);
  let start = epochStartOf(genesis);
  const contexts = [blockContextOf(epochAt(start, null), chain)];
  const closings = new Map<number, CheckpointStatement>();
  for (let epoch = 1; ; epoch += 1) {
    const subject = `the record of epoch ${epoch}`;
    const step = await readingOf(subject, () => epochs.step(epoch));
    if (step === undefined) return { contexts, closings };
    const next = followEpoch(start, step, chain);
    if (!next.ok) throw new FindingError(subject, next.error);
    start = next.value;
    closings.set(step.certificate.statement.index, step.certificate.statement);
    contexts.push(blockContextOf(epochAt(start, null), chain));
  }
}

/** What was found good so far. */
export interface VerifyCounts {
  commits: number;
  blocks: number;
  transactions: number;
  /** Those of them that the index has under the commit that logged them last. */
  transactionsIndexed: number;
  checkpoints: number;
  /** The highest commit with a certificate; 0 if there is none. */
  certifiedCommit: number;
  versions: number;
  payloadBytes: number;
  records: number;
}

export function noCounts(): VerifyCounts {
  return {
    commits: 0,
    blocks: 0,
    transactions: 0,
    transactionsIndexed: 0,
    checkpoints: 0,
    certifiedCommit: 0,
    versions: 0,
    payloadBytes: 0,
    records: 0,
  };
}
