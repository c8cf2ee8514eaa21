// A stopped node's home, opened for checking: everything that the walks read from, and what they count.

import {
  type BlockContext,
  type ChainId,
  type Committee,
  type Genesis,
  type Store,
  chainIdOf,
  committeeOf,
} from "@selvedge/integrity";
import type { LedgerOptions } from "@selvedge/ledger";
import { type HomePaths, homePaths } from "../config/home.ts";
import { createNodeCrypto, sha256 } from "../crypto.ts";
import { isThere, openStore, readGenesisBundle } from "../daemon/home.ts";
import { NodeError } from "../errors.ts";
import { ChainStore } from "../storage/chain-store.ts";
import { PayloadStore } from "../storage/payload-store.ts";
import { StateStore } from "../storage/state-store.ts";
import { checkLogs } from "./log-check.ts";

export interface VerifiedHome {
  readonly paths: HomePaths;
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly store: Store;
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  readonly blockContext: BlockContext;
  readonly ledgerOptions: LedgerOptions;
  readonly close: () => Promise<void>;
}

/** HOME_IN_USE if the node runs, HOME_MISSING if there is none, a finding if the database's log is damaged. */
export async function openVerifiedHome(root: string): Promise<VerifiedHome> {
  const paths = homePaths(root);
  if (!(await isThere(paths.genesis))) throw new NodeError("HOME_MISSING", `${root} is not initialised`);
  const { genesis } = await readGenesisBundle(paths.genesis, paths.genesisWeights);
  const chainId = chainIdOf(genesis, sha256);
  const committee = committeeOf(genesis);
  const crypto = createNodeCrypto();
  await checkLogs(paths.chainData);
  const store = await openStore(paths, genesis);
  try {
    return {
      paths,
      genesis,
      chainId,
      committee,
      store,
      chain: await ChainStore.open(store, sha256),
      state: new StateStore(store, sha256),
      payloads: new PayloadStore(store, sha256),
      blockContext: { chainId, committee, params: genesis.params, crypto, hasCoin: genesis.coin.setup !== "none" },
      ledgerOptions: { genesis, chainId, committee, crypto },
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What was found good so far. */
export interface VerifyCounts {
  commits: number;
  blocks: number;
  transactions: number;
  checkpoints: number;
  versions: number;
  payloadBytes: number;
  records: number;
}

export function noCounts(): VerifyCounts {
  return { commits: 0, blocks: 0, transactions: 0, checkpoints: 0, versions: 0, payloadBytes: 0, records: 0 };
}
