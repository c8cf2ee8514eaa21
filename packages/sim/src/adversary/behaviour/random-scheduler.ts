// A network that delays as it likes: most messages a little, some so long that rounds go by (ByzzFuzz's network faults).

import { type BehaviourDefinition, shareOption, timeOption } from "../behaviour-definition.ts";

export const randomScheduler: BehaviourDefinition = {
  name: "random-scheduler",
  summary: "random delays, some of them longer than a round",
  power: "timing",
  through: "network",
  needs: "any",
  options: [
    shareOption("delayProbability", "share of messages that take longer", 0.3),
    timeOption("delayMaxMs", "up to so much longer", 100),
    shareOption("holdProbability", "share of messages that are held", 0.02),
    timeOption("holdMaxMs", "for up to so long", 2000),
  ],
  create: ({ number }) => ({
    onMessage: (_message, world) => {
      const { choices } = world;
      const drawn = choices.fraction();
      if (drawn < number("holdProbability")) {
        world.acted("held a message");
        return { type: "delay", ms: choices.fraction() * number("holdMaxMs") };
      }
      if (drawn >= number("holdProbability") + number("delayProbability")) return undefined;
      world.acted("delayed a message");
      return { type: "delay", ms: choices.fraction() * number("delayMaxMs") };
    },
  }),
};
