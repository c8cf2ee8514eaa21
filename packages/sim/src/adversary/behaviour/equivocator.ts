// Two chains of blocks with one key, each for its own half of the others. The twins carry no transactions and another
// time, else the same. Several equivocators work hand in hand: the same halves, and twins refer to twins.

import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { splitHooks } from "../second-chain.ts";

export const equivocator: BehaviourDefinition = {
  name: "equivocator",
  summary: "two chains of blocks, each shown to one half of the others",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    {
      name: "audience",
      summary: "who sees the second chain: every other node, or a single one",
      type: "choice",
      default: "half",
      choices: ["half", "one"],
    },
  ],
  create: ({ size, nodes, choice }) => {
    const isOne = choice("audience") === "one";
    const victims = Array.from({ length: size }, (_, index) => index).filter((index) => !nodes.includes(index));
    return splitHooks({
      what: "equivocated",
      isColluding: true,
      seesTwin: ({ emission }) => {
        const position = victims.indexOf(emission.to);
        return isOne ? position === 0 : position % 2 === 1;
      },
      alter: (block) => ({
        header: { timestampMs: block.header.timestampMs + 1 },
        body: { transactions: [] },
      }),
    });
  },
};
