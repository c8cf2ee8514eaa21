// Signs what a corrupted node is made to say. The world's port calls it with the chain's keys; nothing here asks whether
// the block keeps any rule.

import type { EngineSetup } from "@selvedge/consensus";
import {
  type BlockBody,
  type Signer,
  type VerifiedBlock,
  buildBlock,
  coinShareAt,
  isCount,
  round as roundOf,
  validatorIndex,
} from "@selvedge/integrity";
import type { BlockDraftFields } from "./block-draft.ts";

export type ForgeSetup = Pick<EngineSetup, "chainId" | "committee" | "params" | "crypto" | "coin">;

export interface ForgeOrder {
  /** The chain as the corrupted node sees it: its coin keys are in it. */
  readonly setup: ForgeSetup;
  readonly signer: Signer;
  readonly author: number;
  /** Of the node's clock; stands in the header unless the draft says otherwise. */
  readonly timestampMs: number;
}

const EMPTY_BODY: BlockBody = { acks: [], updates: [], transactions: [], control: [] };

/** Null for a round that no header can hold. */
export function forgeBlock(
  { setup, signer, author, timestampMs }: ForgeOrder,
  draft: BlockDraftFields,
): VerifiedBlock | null {
  if (!isCount(draft.round)) return null;
  const coin = coinShareAt(setup.params, draft.round);
  const header = {
    version: 1,
    chainId: setup.chainId,
    epoch: setup.committee.epoch,
    coinShare: coin === undefined || draft.header?.coinShare !== undefined ? null : setup.coin.shareFor(coin),
    commitVotes: [],
    checkpointVotes: [],
    timestampMs: Math.max(0, Math.round(timestampMs)),
    ...draft.header,
    round: roundOf(draft.round),
    author: validatorIndex(author),
    parents: draft.parents,
  } as const;
  return buildBlock({ header, body: { ...EMPTY_BODY, ...draft.body } }, signer, setup.crypto.sha256);
}
