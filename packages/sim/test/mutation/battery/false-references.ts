// Besides its own blocks, copies whose references call blocks of two rounds before by the round before: by their form they
// have a quorum below (P4), by their digests they have none.

import type { BlockRef } from "@selvedge/integrity";
import type { Adversary } from "../../../src/adversary/adversary.ts";
import { isPush, ownBlocks } from "../../../src/adversary/emission.ts";
import { draftOf } from "../../../src/adversary/forged-chain.ts";

export function falseReferences(node: number): Adversary {
  /** By round of an own block, what it refers to besides its own. */
  const othersOf = new Map<number, readonly BlockRef[]>();
  return {
    name: "false-references",
    power: "oblivious",
    nodes: [node],
    onEmit: (_, emission, world) => {
      const own = isPush(emission) ? ownBlocks(node, emission.blocks).at(-1) : undefined;
      if (own === undefined) return undefined;
      const [previous, ...others] = own.header.parents;
      othersOf.set(own.ref.round, others);
      const older = othersOf.get(own.ref.round - 1);
      const [some] = others;
      if (previous === undefined || older === undefined || some === undefined || own.ref.round < 4) return undefined;
      const lies = older.map((ref) => ({ ...ref, round: some.round }));
      const bad = world.forge(node, { ...draftOf(own), parents: [previous, ...lies] });
      if (bad === null) return undefined;
      world.acted("called blocks by another round");
      return [emission, world.withBlocks(emission, [bad])];
    },
  };
}
