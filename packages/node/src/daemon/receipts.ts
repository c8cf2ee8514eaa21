// Makes the portable receipt from the blocks that hold its acks; they are on disk before the engine speaks of them.

import type { ReceiptEffect } from "@selvedge/consensus";
import { type AvailabilityReceipt, buildReceipt } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { VerifyStored } from "./restore.ts";

export async function assembleReceipt(
  chain: ChainStore,
  verify: VerifyStored,
  effect: ReceiptEffect,
): Promise<AvailabilityReceipt> {
  const stored = await chain.blocks(effect.acks.map(({ block }) => block));
  const blocks = effect.acks.map(({ block }, at) => {
    const bytes = stored[at];
    const verified = bytes === undefined ? undefined : verify(bytes);
    if (verified?.ok !== true)
      throw new NodeError("DATA_CORRUPT", `block ${block.digest} of a receipt is not in the store`);
    return verified.value;
  });
  return buildReceipt(effect.update, blocks, sha256);
}
