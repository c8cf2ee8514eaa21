// An operator who restores a backup without asking: the node forgets its last rounds and signs others in their place.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition, countOption, timeOption } from "../behaviour-definition.ts";
import { isPush, othersThan, ownBlocks } from "../emission.ts";
import { ForgedChain } from "../forged-chain.ts";

export const doubleSigner: BehaviourDefinition = {
  name: "double-signer",
  summary: "signs its last rounds anew, as after a restored backup",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    timeOption("everyMs", "from one restore to the next", 1000),
    countOption("rounds", "rounds that are signed again", 4),
  ],
  create: ({ size, number }) => {
    const lately = new Map<number, VerifiedBlock[]>();
    const restoredAtMs = new Map<number, number>();
    const signAnew = (node: number, blocks: readonly VerifiedBlock[], world: AdversaryWorld): void => {
      const chain = new ForgedChain(node, ({ header }) => ({
        header: { timestampMs: header.timestampMs + 1, commitVotes: [], checkpointVotes: [] },
        body: { transactions: [], acks: [], updates: [] },
      }));
      const second = blocks.map((block) => chain.of(block, world));
      for (const to of othersThan(node, size)) world.sendBlocksAs(node, to, second);
      world.acted("signed rounds anew");
    };
    return {
      onEmit: (node, emission, world) => {
        const own = isPush(emission) ? ownBlocks(node, emission.blocks).at(-1) : undefined;
        const recent = lately.get(node) ?? [];
        lately.set(node, recent);
        if (own === undefined || (recent.at(-1)?.ref.round ?? 0) >= own.ref.round) return undefined;
        recent.push(own);
        if (recent.length > number("rounds")) recent.shift();
        const isDue = world.nowMs() - (restoredAtMs.get(node) ?? 0) >= number("everyMs");
        if (!isDue || recent.length < number("rounds")) return undefined;
        restoredAtMs.set(node, world.nowMs());
        signAnew(node, [...recent], world);
        return undefined;
      },
    };
  },
};
