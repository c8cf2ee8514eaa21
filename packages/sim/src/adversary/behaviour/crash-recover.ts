// Deaf and dumb for part of each period, then back as if nothing had been: a node with a bad cable. Its process keeps its
// memory; a crash that loses memory is a fault of the scenario.

import { type BehaviourDefinition, timeOption } from "../behaviour-definition.ts";

export const crashRecover: BehaviourDefinition = {
  name: "crash-recover",
  summary: "goes deaf and dumb and comes back, over and over",
  power: "oblivious",
  through: "nodes",
  needs: "any",
  options: [
    timeOption("periodMs", "length of one turn", 2000),
    timeOption("downMs", "gone for so long at the start of each turn", 1000),
    timeOption("staggerMs", "each node's turn begins so much after the one before", 0),
  ],
  create: ({ number, nodes }) => {
    const periodMs = Math.max(1, number("periodMs"));
    const isGone = (node: number, nowMs: number): boolean => {
      const sinceStartMs = nowMs - nodes.indexOf(node) * number("staggerMs");
      return sinceStartMs >= 0 && sinceStartMs % periodMs < number("downMs");
    };
    return {
      onEmit: (node, _emission, world) => {
        if (!isGone(node, world.nowMs())) return undefined;
        world.acted("kept silent");
        return [];
      },
      onReceive: (node, _message, world) => {
        if (!isGone(node, world.nowMs())) return undefined;
        world.acted("missed a message");
        return false;
      },
    };
  },
};
