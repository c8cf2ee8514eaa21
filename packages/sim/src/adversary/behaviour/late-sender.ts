// Everything it says comes late, some of it out of order.

import { type BehaviourDefinition, timeOption } from "../behaviour-definition.ts";
import { sendLater } from "../emission.ts";

export const lateSender: BehaviourDefinition = {
  name: "late-sender",
  summary: "sends everything late and out of order",
  power: "oblivious",
  through: "nodes",
  needs: "any",
  options: [
    timeOption("delayMs", "every message leaves so much later", 150),
    timeOption("jitterMs", "and up to so much more, drawn for each", 100),
  ],
  create: ({ number }) => ({
    onEmit: (node, emission, world) => {
      world.acted("sent late");
      sendLater({ node, emission, world }, number("delayMs") + world.choices.fraction() * number("jitterMs"));
      return [];
    },
  }),
};
