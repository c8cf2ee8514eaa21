// Networks on which nothing goes wrong: what a protocol costs when all is well.

import { type BuiltinScenario, LAN, WAN_10 } from "./base.ts";

export const GOOD_LAN: BuiltinScenario = {
  summary: "four nodes in one data centre, nothing fails",
  scenario: {
    ...WAN_10,
    name: "good-lan",
    durationMs: 10_000,
    committee: { size: 4 },
    network: LAN,
  },
};

export const GOOD_WAN: BuiltinScenario = {
  summary: "ten nodes on five continents, nothing fails",
  scenario: { ...WAN_10, name: "good-wan" },
};

export const EDGE_5G: BuiltinScenario = {
  summary: "ten nodes on five continents, six of them behind 5G: thin uplinks, losses",
  scenario: {
    ...WAN_10,
    name: "edge-5g",
    network: { ...WAN_10.network, access: [{ nodes: { last: 6 }, profile: "5g-low" }] },
    workload: { ...WAN_10.workload, transactionsPerSecond: 100 },
  },
};

export const UPDATES: BuiltinScenario = {
  summary: "seven nodes and sixteen devices that hand in model updates: acknowledged, certified, aggregated",
  scenario: {
    ...WAN_10,
    name: "updates",
    committee: { size: 7 },
    workload: { transactionsPerSecond: 50, transactionBytes: 256, devices: 16, updateEveryMs: 2000, modelSize: 1000 },
  },
};
