// Places in the committee that the configuration gives to peers. They are those of the first epoch.

import type { NodeConfig } from "../config/schema.ts";
import { NodeError } from "../errors.ts";

/** CONFIG_INVALID for a peer that nobody can be, which would be dialled for ever. */
export function checkPeerIndices({ p2p }: Pick<NodeConfig, "p2p">, memberCount: number): void {
  const wrong = p2p.peers.find(({ validator = 0 }) => validator >= memberCount);
  if (wrong !== undefined)
    throw new NodeError(
      "CONFIG_INVALID",
      `p2p.peers names validator ${wrong.validator}, but the first committee has validators 0 to ${memberCount - 1}`,
    );
}
