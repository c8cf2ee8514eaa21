// Weights of the current versions that are not here: a node that joined from a state has the records of all versions and
// the weights of none. In the background; whatever needs them sooner fetches them itself.

import type { NodeParts } from "../daemon/parts.ts";

export function fetchMissingWeights(
  parts: Pick<NodeParts, "ledger" | "payloadStore" | "payloads" | "lifetime">,
  onFatal: (error: unknown) => void,
): void {
  fetchAll(parts).catch((error: unknown) => {
    if (!parts.lifetime.signal.aborted) onFatal(error);
  });
}

async function fetchAll({ ledger, payloadStore, payloads }: Parameters<typeof fetchMissingWeights>[0]): Promise<void> {
  for (const { current } of ledger.models()) {
    const { weightsRoot, weightsBytes } = current.record;
    if ((await payloadStore.manifest(weightsRoot)) === undefined)
      await payloads.obtain({ payloadRoot: weightsRoot, payloadBytes: weightsBytes });
  }
}
