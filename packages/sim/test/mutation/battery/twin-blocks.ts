// Twins of single blocks, at rounds of the caller's choice: the same block with another time. Either one half of the others
// gets the one and the other half the other, or everybody gets both, in different order.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { Adversary, AdversaryWorld } from "../../../src/adversary/adversary.ts";
import { isPush } from "../../../src/adversary/emission.ts";
import { draftOf } from "../../../src/adversary/forged-chain.ts";

export interface TwinBlocksOptions {
  readonly node: number;
  readonly isTwinned: (round: number) => boolean;
  readonly audience: "halves" | "everybody";
}

export function twinBlocks({ node, isTwinned, audience }: TwinBlocksOptions): Adversary {
  const twins = new Map<string, VerifiedBlock | null>();
  const twinOf = (block: VerifiedBlock, world: AdversaryWorld): VerifiedBlock | null => {
    const known = twins.get(block.ref.digest);
    if (known !== undefined) return known;
    const draft = draftOf(block);
    const header = { ...draft.header, timestampMs: block.header.timestampMs + 1 };
    const made = world.forge(node, { ...draft, header });
    twins.set(block.ref.digest, made);
    if (made !== null) world.acted("signed a twin");
    return made;
  };
  return {
    name: "twin-blocks",
    power: "oblivious",
    nodes: [node],
    onEmit: (_, emission, world) => {
      const own = isPush(emission) ? emission.blocks.filter(({ ref }) => ref.author === node).at(-1) : undefined;
      const twin = own === undefined || !isTwinned(own.ref.round) ? null : twinOf(own, world);
      if (own === undefined || twin === null) return undefined;
      const isEven = emission.to % 2 === 0;
      const others = emission.blocks.filter((block) => block !== own);
      const both = isEven ? [own, twin] : [twin, own];
      return [world.withBlocks(emission, [...others, ...(audience === "everybody" ? both : both.slice(0, 1))])];
    },
  };
}
