// Two copies of one validator with one key and nothing between them (Twins): both hear everything, each makes blocks as an
// honest node would, one speaks to the even and the other to the odd among the others. The world runs the second copy.

import { type BehaviourDefinition } from "../behaviour-definition.ts";

export const twins: BehaviourDefinition = {
  name: "twins",
  summary: "two honest copies of one validator with one key, each with an audience of its own",
  power: "oblivious",
  through: "nodes",
  needs: "any",
  options: [],
  create: ({ nodes }) => ({
    start: (world) => {
      for (const node of nodes) if (world.spawnTwin(node)) world.acted("started a second copy");
    },
  }),
};
