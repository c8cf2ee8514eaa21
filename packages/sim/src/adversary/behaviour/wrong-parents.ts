// Besides its own blocks, copies of them whose parents break one of the rules P1–P5 each. None may enter a DAG.

import {
  type BlockDigest,
  type BlockRef,
  type VerifiedBlock,
  digestFromBytes,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition, flagOption } from "../behaviour-definition.ts";
import { garbageBytes, isPush, ownBlocks } from "../emission.ts";
import { draftOf } from "../forged-chain.ts";

type Breach = (block: VerifiedBlock, world: AdversaryWorld) => readonly BlockRef[];

const BREACHES: readonly Breach[] = [
  /** P1: the first parent is another's. */
  ({ header }) => header.parents.toReversed(),
  /** P1: two parents of its own. */
  ({ header }) => [...header.parents, ...header.parents.slice(0, 1)],
  /** P2: a parent of its own round. */
  ({ header, ref }) =>
    header.parents.map((parent, position) => (position === 1 ? { ...parent, round: ref.round } : parent)),
  /** P3: two parents of one author. */
  ({ header }) => [...header.parents, ...header.parents.slice(-1)],
  /** P4: too little stake. */
  ({ header }) => header.parents.slice(0, 1),
  /** P5: genesis of another chain. */
  ({ header, ref }, world) => [
    ...header.parents.filter((parent) => parent.author === ref.author || parent.author !== anotherThan(ref.author)),
    {
      round: round(0),
      author: validatorIndex(anotherThan(ref.author)),
      digest: digestFromBytes<BlockDigest>(garbageBytes(world, 32)),
    },
  ],
];

export const wrongParents: BehaviourDefinition = {
  name: "wrong-parents",
  summary: "sends copies of its blocks whose parents break P1–P5, one rule after the other",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [flagOption("isInstead", "in place of its good blocks, not besides them", false)],
  create: ({ flag }) => {
    let turn = 0;
    return {
      onEmit: (node, emission, world) => {
        const own = isPush(emission) ? ownBlocks(node, emission.blocks).at(-1) : undefined;
        const breach = BREACHES[turn % BREACHES.length];
        if (own === undefined || breach === undefined) return undefined;
        turn += 1;
        const bad = world.forge(node, { ...draftOf(own), parents: breach(own, world) });
        if (bad === null) return undefined;
        world.acted("sent wrong parents");
        const forged = world.withBlocks(emission, [bad]);
        return flag("isInstead") ? [forged] : [emission, forged];
      },
    };
  },
};

function anotherThan(author: number): number {
  return author === 0 ? 1 : 0;
}
