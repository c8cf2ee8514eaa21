// Between opening a node's store and restoring from it: hands the healing what a node is set up with.

import type { ChainId } from "@selvedge/integrity";
import type { BlockVerifier } from "../daemon/parts.ts";
import { type EpochAt, engineBaseOf } from "../epoch/epoch-at.ts";
import type { EpochSetup } from "../epoch/epoch-setup.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import type { StateStore } from "../storage/state-store.ts";
import { earlierEpochs } from "./earlier-epochs.ts";
import { healStore } from "./heal-store.ts";

export interface OpenedForHealing {
  readonly chain: ChainStore;
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  readonly verify: BlockVerifier;
  /** For another epoch. */
  readonly verifierOf: (at: EpochAt) => BlockVerifier;
  readonly chainId: ChainId;
}

export async function healBeforeStart(setup: EpochSetup, opened: OpenedForHealing): Promise<void> {
  const { genesis, store, at, shared, identity, storeReport, healPatienceMs, logger, nowMs, stopped } = setup;
  const { crypto } = shared;
  const { chainId } = opened;
  await healStore({
    ...opened,
    store,
    committee: at.committee,
    crypto,
    params: genesis.params,
    epochBase: engineBaseOf(at),
    earlierEpochs: (from) => earlierEpochs({ ...setup, ...opened }, from),
    self: identity.validator?.index ?? null,
    // A change of epoch comes by here again.
    lostRanges: storeReport?.needsHealing?.() === true ? storeReport.lostRanges : [],
    markHealed: async (unhealed) => storeReport?.markHealed?.(unhealed),
    openTransport: () => setup.makeTransport({ crypto, committee: at.committee, chainId, identity }),
    logger,
    nowMs,
    ...(stopped === undefined ? {} : { stopped }),
    ...(healPatienceMs === undefined ? {} : { patienceMs: healPatienceMs }),
  });
}
