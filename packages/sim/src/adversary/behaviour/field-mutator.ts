// Changes one field of a block of its own and signs the result (ByzzFuzz, small scope): some of the others get the
// mutant in place of the block.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition, shareOption } from "../behaviour-definition.ts";
import type { BlockDraftFields } from "../block-draft.ts";
import { isPush, ownBlocks, withOwnBlocks } from "../emission.ts";
import { draftOf } from "../forged-chain.ts";
import { MUTATIONS } from "../mutations.ts";

export const fieldMutator: BehaviourDefinition = {
  name: "field-mutator",
  summary: "changes one field of its own blocks, signs them, and shows the mutants to some of the others",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    shareOption("probability", "chance for a block to be mutated", 0.3),
    shareOption("share", "share of the others that get the mutant", 0.5),
  ],
  create: ({ number }) => {
    const mutants = new Map<number, { readonly digest: string; readonly mutant: VerifiedBlock | null }>();
    const mutantOf = (node: number, block: VerifiedBlock, world: AdversaryWorld): VerifiedBlock | null => {
      const known = mutants.get(node);
      if (known?.digest === block.ref.digest) return known.mutant;
      const isDue = world.choices.chance(number("probability"));
      const mutant = isDue ? world.forge(node, mutated(block, world)) : null;
      mutants.set(node, { digest: block.ref.digest, mutant });
      return mutant;
    };
    return {
      onEmit: (node, emission, world) => {
        const own = isPush(emission) ? ownBlocks(node, emission.blocks).at(-1) : undefined;
        const mutant = own && mutantOf(node, own, world);
        if (own === undefined || !mutant || !world.choices.chance(number("share"))) return undefined;
        world.acted("sent a mutant");
        return withOwnBlocks({ node, emission, world }, (block) => (block === own ? mutant : block));
      },
    };
  },
};

function mutated(block: VerifiedBlock, world: AdversaryWorld): BlockDraftFields {
  const draft = draftOf(block);
  const mutation = MUTATIONS[world.choices.below(MUTATIONS.length)];
  return mutation === undefined ? draft : mutation(draft, world.choices);
}
