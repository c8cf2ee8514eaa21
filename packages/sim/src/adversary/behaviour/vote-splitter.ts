// Votes both ways: half of the others are shown a block that has the last leader's block as a parent, the others one that
// has not.

import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { othersThan } from "../emission.ts";
import { parentsWithoutLeader } from "../leader-parents.ts";
import { splitHooks } from "../second-chain.ts";

export const voteSplitter: BehaviourDefinition = {
  name: "vote-splitter",
  summary: "votes for the last leader before one half of the others and blames it before the other half",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [],
  create: ({ size }) =>
    splitHooks({
      what: "split its vote",
      seesTwin: ({ node, emission }) => othersThan(node, size).indexOf(emission.to) % 2 === 1,
      alter: (block, world) => {
        const others = parentsWithoutLeader(block, world);
        return others && { others };
      },
    }),
};
