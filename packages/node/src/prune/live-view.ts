// The view of a pass upon a running node.

import type { UpdateDigest } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { ledgerOptionsOf } from "../daemon/ledger-options.ts";
import type { NodeParts, NodeSetup } from "../daemon/parts.ts";
import { keepMinOf } from "./policy.ts";
import type { PruneView } from "./prune-view.ts";

/** Asks the ledger as it is now: an update may be applied while a pass is under way. */
export function isNeeded(ledger: Ledger, update: UpdateDigest, base: number): boolean {
  const status = ledger.updateStatus(update);
  if (status.state === "output" || status.state === "certified") return true;
  if (status.state !== "applied") return false;
  const version = ledger.versions(status.modelId).at(status.version);
  return version !== undefined && version.record.commitIndex > base;
}

export type LivePruneParts = Pick<
  NodeParts,
  "chain" | "state" | "ledger" | "payloads" | "chainId" | "committee" | "crypto"
>;

export function livePruneView({ genesis, store }: NodeSetup, parts: LivePruneParts): PruneView {
  const { chain, state, ledger, payloads, chainId, committee, crypto } = parts;
  const keepMin = keepMinOf(genesis.params);
  return {
    store,
    sha256,
    chain,
    state,
    genesis,
    chainId,
    ledgerOptions: ledgerOptionsOf({ genesis, chainId, crypto }),
    epoch: committee.epoch,
    newestBlocks: () => chain.newestBlocks(),
    models: ledger.models().map(({ id }) => id),
    executedIndex: () => ledger.lastCommitIndex(),
    isNeeded: (update, base) => isNeeded(ledger, update, base),
    // Whatever was vouched for longer ago has come into a commit, where the sweep sees it, or has expired.
    removePayload: (root, removal) => payloads.remove(root, removal, ledger.lastCommitIndex() - keepMin),
  };
}
