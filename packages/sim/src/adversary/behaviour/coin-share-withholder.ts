// Gives its shares of the coin only when the others have had to do without: the blocks that carry them come late, or come
// without the share, which makes them invalid.

import { type BehaviourDefinition, timeOption } from "../behaviour-definition.ts";
import { isPush, ownBlocks, sendLater, withOwnBlocks } from "../emission.ts";
import { draftOf } from "../forged-chain.ts";

export const coinShareWithholder: BehaviourDefinition = {
  name: "coin-share-withholder",
  summary: "sends blocks with a coin share late, or without the share",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    {
      name: "how",
      summary: "the block late, or the share taken out of it",
      type: "choice",
      default: "late",
      choices: ["late", "strip"],
    },
    timeOption("delayMs", "how late", 600),
  ],
  create: ({ choice, number }) => ({
    onEmit: (node, emission, world) => {
      const bearers = ownBlocks(node, emission.blocks).filter(({ header }) => header.coinShare !== null);
      if (bearers.length === 0) return undefined;
      world.acted("withheld a coin share");
      if (choice("how") === "strip") {
        return withOwnBlocks({ node, emission, world }, (block) => {
          if (block.header.coinShare === null) return block;
          const draft = draftOf(block);
          return world.forge(node, { ...draft, header: { ...draft.header, coinShare: null } });
        });
      }
      // An answer to somebody who asks for the block would give it away as well.
      sendLater({ node, emission, world }, isPush(emission) ? number("delayMs") : 2 * number("delayMs"));
      return [];
    },
  }),
};
