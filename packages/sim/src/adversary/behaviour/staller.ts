// Holds back the blocks with which it leads until the others have all but given up waiting.

import { type BehaviourDefinition, flagOption, timeOption } from "../behaviour-definition.ts";
import { isPush, ownBlocks, sendLater } from "../emission.ts";

export const staller: BehaviourDefinition = {
  name: "staller",
  summary: "holds its blocks until the leader timeout has nearly passed",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    timeOption("delayMs", "held for so long; a little less than the leader timeout does the most harm", 220),
    flagOption("isLeaderOnly", "only the blocks with which it leads", true),
  ],
  create: ({ number, flag }) => ({
    onEmit: (node, emission, world) => {
      if (!isPush(emission)) return undefined;
      const own = ownBlocks(node, emission.blocks);
      const isDue = flag("isLeaderOnly")
        ? own.some(({ ref }) => world.knownLeader(ref.round) === node)
        : own.length > 0;
      if (!isDue) return undefined;
      world.acted("stalled");
      sendLater({ node, emission, world }, number("delayMs"));
      return [];
    },
  }),
};
