// Makes its blocks in private, answers nothing about them, and lets them all go at once.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition, timeOption } from "../behaviour-definition.ts";
import { othersThan, withOwnBlocks } from "../emission.ts";

const BLOCKS_PER_MESSAGE = 64;

export const chainBomb: BehaviourDefinition = {
  name: "chain-bomb",
  summary: "keeps its blocks private for a while and then releases them all at once",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [timeOption("periodMs", "from one release to the next", 1500)],
  create: ({ size, number }) => {
    const kept = new Map<number, Map<string, VerifiedBlock>>();
    const burst = (node: number, world: AdversaryWorld): void => {
      const blocks = [...(kept.get(node)?.values() ?? [])];
      kept.delete(node);
      if (blocks.length === 0) return;
      world.acted("released a private chain");
      for (const to of othersThan(node, size)) {
        for (let from = 0; from < blocks.length; from += BLOCKS_PER_MESSAGE) {
          world.sendBlocksAs(node, to, blocks.slice(from, from + BLOCKS_PER_MESSAGE));
        }
      }
    };
    const keep = (node: number, block: VerifiedBlock, world: AdversaryWorld): void => {
      const known = kept.get(node);
      if (known !== undefined) {
        known.set(block.ref.digest, block);
        return;
      }
      kept.set(node, new Map([[block.ref.digest, block]]));
      world.after(number("periodMs"), () => burst(node, world));
    };
    return {
      onEmit: (node, emission, world) =>
        withOwnBlocks({ node, emission, world }, (block) => {
          keep(node, block, world);
          return null;
        }),
      stop: (world) => {
        for (const node of kept.keys()) burst(node, world);
      },
    };
  },
};
