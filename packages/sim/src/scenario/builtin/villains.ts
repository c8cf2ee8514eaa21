// Adversaries with intent: corrupted nodes, and a network that answers to one will.

import { type BuiltinScenario, WAN_10 } from "./base.ts";

export const LEADER_HIDER: BuiltinScenario = {
  summary: "three of ten nodes show the blocks that they lead with to F+1 nodes only",
  scenario: {
    ...WAN_10,
    name: "leader-hider",
    adversary: { behaviours: [{ name: "leader-hider", nodes: { last: 3 } }] },
  },
};

export const LEADER_SCHEDULER: BuiltinScenario = {
  summary: "the network itself hides every leader that is known beforehand",
  scenario: { ...WAN_10, name: "leader-scheduler", adversary: { behaviours: [{ name: "leader-scheduler" }] } },
};

export const EQUIVOCATORS: BuiltinScenario = {
  summary: "three of ten nodes sign two chains and show each to half of the others",
  scenario: {
    ...WAN_10,
    name: "equivocators",
    adversary: { behaviours: [{ name: "equivocator", nodes: { last: 3 } }] },
  },
};

export const ASYNCHRONOUS: BuiltinScenario = {
  summary: "no bound on delays: heavy tails, a random partition every second, leaders hidden",
  scenario: {
    ...WAN_10,
    name: "asynchronous",
    network: { latency: { type: "pareto", minMs: 20, shape: 1.2 }, isFifo: false },
    faults: [
      {
        type: "partition",
        fromMs: 2000,
        toMs: 28_000,
        shape: { type: "random", sides: 2, everyMs: 1000 },
        mode: "hold",
      },
    ],
    adversary: { behaviours: [{ name: "leader-scheduler" }] },
  },
};
