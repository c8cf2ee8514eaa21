// What equivocators share: beside the chain of the node's engine a second one with the same key, and a rule that says who
// is shown which. Only pushes are split: who fetches a block by its digest gets that block.

import type { BehaviourHooks } from "./behaviour-definition.ts";
import { type EmissionAt, isPush, withOwnBlocks } from "./emission.ts";
import { type Alter, ForgedChain } from "./forged-chain.ts";

export interface SplitPlan {
  /** The act's name. */
  readonly what: string;
  readonly seesTwin: (at: EmissionAt) => boolean;
  /** How the twin of a block differs; undefined: this block has no twin of its own. */
  readonly alter: Alter;
  /** Second chains of several nodes refer to one another, so that whoever sees only one of the two worlds sees no rift. */
  readonly isColluding?: boolean;
}

export function splitHooks({ what, seesTwin, alter, isColluding = false }: SplitPlan): BehaviourHooks {
  const chains = new Map<number, ForgedChain>();
  const counted: Alter = (block, world) => {
    const alteration = alter(block, world);
    if (alteration === undefined) return undefined;
    world.acted(what);
    if (!isColluding) return alteration;
    const others = alteration.others ?? block.header.parents.slice(1);
    return { ...alteration, others: others.map((ref) => chains.get(ref.author)?.refFor(ref) ?? ref) };
  };
  return {
    onEmit: (node, emission, world) => {
      if (!isPush(emission)) return undefined;
      const at = { node, emission, world };
      const chain = chains.get(node) ?? new ForgedChain(node, counted);
      chains.set(node, chain);
      if (seesTwin(at)) return withOwnBlocks(at, (block) => chain.of(block, world));
      // The node's process holds the twins as well and would pass them on to whom they are not for.
      return withOwnBlocks(at, (block) => (chain.isForgery(block) ? null : block));
    },
  };
}
