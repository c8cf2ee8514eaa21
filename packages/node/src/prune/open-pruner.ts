// Makes the pruner of a running node and tells the store which snapshots it will need.

import type { NodeParts, NodeSetup } from "../daemon/parts.ts";
import { BackgroundPruner } from "./background-pruner.ts";
import { type LivePruneParts, livePruneView } from "./live-view.ts";
import { KEEP_ALL, prunePolicyOf } from "./policy.ts";

export function openPruner(
  setup: NodeSetup,
  parts: LivePruneParts & Pick<NodeParts, "metrics" | "lifetime">,
): BackgroundPruner {
  const { keepCommits, snapshotSpacing } = setup.prune ?? prunePolicyOf(KEEP_ALL, setup.genesis.params);
  parts.state.shelf.keepEvery(snapshotSpacing);
  return new BackgroundPruner({
    view: livePruneView(setup, parts),
    keepCommits,
    stopped: parts.lifetime.signal,
    onPass: ({ base }, totals) => {
      parts.metrics.set("pruned_index", base);
      setup.logger.info({ base, ...totals }, "pruned");
    },
    onFailure: setup.onFatal,
  });
}
