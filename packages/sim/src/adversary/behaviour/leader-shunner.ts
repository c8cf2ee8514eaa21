// Never refers to a leader's block if a quorum can be had without: it votes against every leader, and signs once.

import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { lyingHooks } from "../forged-chain.ts";
import { parentsWithoutLeader } from "../leader-parents.ts";

export const leaderShunner: BehaviourDefinition = {
  name: "leader-shunner",
  summary: "blames every leader: leaves its block out of the parents where a quorum remains",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [],
  create: () =>
    lyingHooks((block, world) => {
      const others = parentsWithoutLeader(block, world);
      if (others === undefined) return undefined;
      world.acted("shunned a leader");
      return { others };
    }),
};
