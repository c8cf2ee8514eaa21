// Says nothing at all, and runs on unseen.

import { type BehaviourDefinition, flagOption } from "../behaviour-definition.ts";

export const silent: BehaviourDefinition = {
  name: "silent",
  summary: "sends nothing",
  power: "oblivious",
  through: "nodes",
  needs: "any",
  options: [flagOption("isDeaf", "hears nothing either", false)],
  create: ({ flag }) => {
    const isDeaf = flag("isDeaf");
    return {
      onEmit: (_node, _emission, world) => {
        world.acted("kept silent");
        return [];
      },
      onReceive: (_node, _message, world) => {
        if (!isDeaf) return undefined;
        world.acted("turned deaf");
        return false;
      },
    };
  },
};
