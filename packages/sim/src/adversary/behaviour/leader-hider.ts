// Shows the block with which it leads a round to no more than F+1 stake of the others: enough that it may be committed,
// too few that it must be.

import type { AdversaryWorld, Emission } from "../adversary.ts";
import { type BehaviourDefinition, numberOption } from "../behaviour-definition.ts";
import { othersThan, upToStake, withOwnBlocks } from "../emission.ts";

/** Of protocols whose leaders propose in messages of their own. */
const PROPOSAL_KIND = "proposal";

export const leaderHider: BehaviourDefinition = {
  name: "leader-hider",
  summary: "shows the blocks with which it leads to F+1 stake of the others only",
  power: "oblivious",
  through: "nodes",
  needs: "any",
  options: [
    numberOption("shownStake", "stake of the others that see the block; −1 means F+1", {
      default: -1,
      min: -1,
      max: 1e9,
      isInteger: true,
    }),
  ],
  create: ({ size, stakes, faultyStakeMax, number }) => {
    const shownStake = number("shownStake") < 0 ? faultyStakeMax + 1 : number("shownStake");
    const drawn = (node: number, world: AdversaryWorld): ReadonlySet<number> => {
      const others = world.choices.shuffled(othersThan(node, size));
      return new Set(upToStake(others, stakes, shownStake));
    };
    const audiences = new Map<string, ReadonlySet<number>>();
    const audienceOf = (node: number, digest: string, world: AdversaryWorld): ReadonlySet<number> => {
      const audience = audiences.get(digest) ?? drawn(node, world);
      audiences.set(digest, audience);
      return audience;
    };
    /** One proposal is one body, sent to each of the others in turn. */
    const proposals = new WeakMap<object, ReadonlySet<number>>();
    const isShown = (node: number, { to, body }: Emission, world: AdversaryWorld): boolean => {
      if (typeof body !== "object" || body === null) return true;
      const audience = proposals.get(body) ?? drawn(node, world);
      proposals.set(body, audience);
      return audience.has(to);
    };
    const hideProposal = (node: number, emission: Emission, world: AdversaryWorld): readonly Emission[] | undefined => {
      if (isShown(node, emission, world)) return undefined;
      world.acted("hid a proposal");
      return [];
    };
    return {
      onEmit: (node, emission, world) => {
        if (emission.kind === PROPOSAL_KIND) return hideProposal(node, emission, world);
        return withOwnBlocks({ node, emission, world }, (block) => {
          if (world.knownLeader(block.ref.round) !== node) return block;
          if (audienceOf(node, block.ref.digest, world).has(emission.to)) return block;
          world.acted("hid a leader block");
          return null;
        });
      },
    };
  },
};
