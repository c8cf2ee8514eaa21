// A block of its own for every other node, each round: n−1 chains with one key.

import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { isPush, othersThan, withOwnBlocks } from "../emission.ts";
import { ForgedChain } from "../forged-chain.ts";

export const equivocatorFlood: BehaviourDefinition = {
  name: "equivocator-flood",
  summary: "n−1 different blocks a round, one for each of the others",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [],
  create: ({ size }) => {
    const chains = new Map<number, readonly ForgedChain[]>();
    /** By position among the others; the first of them sees what the engine made. */
    const chainsOf = (node: number): readonly ForgedChain[] => {
      const known = chains.get(node);
      if (known !== undefined) return known;
      const made = othersThan(node, size).map((_, position) => chainAt(node, position));
      chains.set(node, made);
      return made;
    };
    return {
      onEmit: (node, emission, world) => {
        if (!isPush(emission)) return undefined;
        const all = chainsOf(node);
        const own = all[othersThan(node, size).indexOf(emission.to)];
        return withOwnBlocks({ node, emission, world }, (block) => {
          if (own === undefined || own.isForgery(block)) return block;
          // Meant for somebody else.
          if (all.some((chain) => chain.isForgery(block))) return null;
          return own.of(block, world);
        });
      },
    };
  },
};

function chainAt(node: number, position: number): ForgedChain {
  return new ForgedChain(node, (block, world) => {
    if (position === 0) return undefined;
    world.acted("equivocated");
    return { header: { timestampMs: block.header.timestampMs + position } };
  });
}
