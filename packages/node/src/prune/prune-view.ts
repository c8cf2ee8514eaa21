// What a pass asks of the node that it prunes: the same questions to a running one and to a stopped one.

import type { BlockRef, ChainId, Digest, Genesis, Sha256, Store, UpdateDigest } from "@selvedge/integrity";
import type { LedgerOptions } from "@selvedge/ledger";
import type { ChainStore } from "../storage/chain-store.ts";
import type { StateStore } from "../storage/state-store.ts";

export interface PruneView {
  readonly store: Store;
  readonly sha256: Sha256;
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly ledgerOptions: LedgerOptions;
  readonly models: readonly string[];
  /** The one under way. */
  readonly epoch: number;
  /** The newest block that is known of each member of its committee. */
  readonly newestBlocks: () => Promise<readonly BlockRef[]>;
  /** Last commit whose execution is on disk. */
  readonly executedIndex: () => number;
  /** The ledger still waits for it, or a version that closed after commit `base` is made of it. */
  readonly isNeeded: (update: UpdateDigest, base: number) => boolean;
  /** Removes a payload by running `removal`, or answers false if somebody may be about to vouch for it. */
  readonly removePayload: (root: Digest, removal: () => Promise<void>) => Promise<boolean>;
}
