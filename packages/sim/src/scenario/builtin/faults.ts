// Networks and machines that fail, without anybody's intent.

import { type BuiltinScenario, WAN_10 } from "./base.ts";

export const F_CRASHED: BuiltinScenario = {
  summary: "three of ten nodes crash at five seconds and never come back",
  scenario: { ...WAN_10, name: "f-crashed", faults: [{ type: "crash", nodes: { last: 3 }, fromMs: 5000 }] },
};

export const RESTART_STORM: BuiltinScenario = {
  summary: "seven nodes lose power in turn and two at a time, with torn and unsynced disks",
  scenario: {
    ...WAN_10,
    name: "restart-storm",
    committee: { size: 7 },
    faults: [
      { type: "crash", nodes: [0], fromMs: 4000, toMs: 5000, disk: "torn" },
      { type: "crash", nodes: [1, 2], fromMs: 7000, toMs: 9000, disk: "unsynced" },
      { type: "crash", nodes: [3, 4], fromMs: 11_000, toMs: 13_000, disk: "torn" },
      { type: "crash", nodes: [5, 6], fromMs: 15_000, toMs: 16_000, disk: "clean" },
      { type: "crash", nodes: [0, 3], fromMs: 18_000, toMs: 20_000, disk: "torn" },
    ],
  },
};

export const LOSSY: BuiltinScenario = {
  summary: "one message in fifty lost, some in bursts, duplicated, reordered or damaged",
  scenario: {
    ...WAN_10,
    name: "lossy",
    network: {
      ...WAN_10.network,
      loss: { probability: 0.02, burst: { enter: 0.001, leave: 0.2, loss: 0.8 } },
      duplicateProbability: 0.01,
      reorderProbability: 0.02,
      reorderMs: 50,
      corruptProbability: 0.001,
    },
  },
};

export const PARTITION_20S: BuiltinScenario = {
  summary: "two halves that do not hear each other for twenty seconds: no quorum, then recovery",
  scenario: {
    ...WAN_10,
    name: "partition-20s",
    durationMs: 60_000,
    faults: [
      {
        type: "partition",
        fromMs: 15_000,
        toMs: 35_000,
        shape: {
          type: "sides",
          sides: [
            [0, 2, 4, 6, 8],
            [1, 3, 5, 7, 9],
          ],
        },
      },
    ],
  },
};

export const BLIP: BuiltinScenario = {
  summary: "whoever leads is cut off for one second, twice, and later for five",
  scenario: {
    ...WAN_10,
    name: "blip",
    faults: [
      { type: "partition", fromMs: 5000, toMs: 6000, shape: { type: "leader" } },
      { type: "partition", fromMs: 8000, toMs: 9000, shape: { type: "leader" } },
      { type: "partition", fromMs: 15_000, toMs: 20_000, shape: { type: "leader" } },
    ],
  },
};
