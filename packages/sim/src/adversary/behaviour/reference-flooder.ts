// Sends blocks that name as many parents as there are validators, all of them invented: whoever parks such a block looks
// for what does not exist. Bounds on parked blocks and on fetches must hold.

import {
  type BlockDigest,
  type BlockRef,
  type VerifiedBlock,
  digestFromBytes,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition, countOption } from "../behaviour-definition.ts";
import { garbageBytes, isPush, othersThan, ownBlocks } from "../emission.ts";

const DIGEST_BYTES = 32;

export const referenceFlooder: BehaviourDefinition = {
  name: "reference-flooder",
  summary: "blocks full of parents that do not exist",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [countOption("blocksPerRound", "such blocks for each of its own", 4)],
  create: ({ size, number }) => {
    const newest = new Map<number, number>();
    const flood = (node: number, own: VerifiedBlock, world: AdversaryWorld): void => {
      const forged = Array.from({ length: number("blocksPerRound") }, (_, ahead) =>
        world.forge(node, {
          round: own.ref.round + 1 + ahead,
          parents: [
            ahead === 0 ? own.ref : inventedRef(node, own.ref.round + ahead, world),
            ...othersThan(node, size).map((author) => inventedRef(author, own.ref.round + ahead, world)),
          ],
        }),
      ).filter((block) => block !== null);
      for (const to of othersThan(node, size)) world.sendBlocksAs(node, to, forged);
      world.acted("flooded with references");
    };
    return {
      onEmit: (node, emission, world) => {
        const own = isPush(emission) ? ownBlocks(node, emission.blocks).at(-1) : undefined;
        if (own === undefined || own.ref.round <= (newest.get(node) ?? 0)) return undefined;
        newest.set(node, own.ref.round);
        flood(node, own, world);
        return undefined;
      },
    };
  },
};

function inventedRef(author: number, roundNumber: number, world: AdversaryWorld): BlockRef {
  return {
    round: round(roundNumber),
    author: validatorIndex(author),
    digest: digestFromBytes<BlockDigest>(garbageBytes(world, DIGEST_BYTES)),
  };
}
