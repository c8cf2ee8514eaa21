// Scenarios that each go for one part of the protocol: hidden leaders, halves, restarts, devices that sign twice, what was
// collected, floods, the coin.

import type { FaultSpec, PartitionSpec, Scenario } from "../../../src/scenario/schema.ts";
import { BASE, type BatteryEntry, COIN_ONLY, LOCAL, PARAMS } from "./base.ts";
import { doubleSigningDevice } from "./double-signing-device.ts";
import { falseReferences } from "./false-references.ts";
import { lateLeaders } from "./late-leaders.ts";
import { staleShares } from "./stale-shares.ts";
import { twinBlocks } from "./twin-blocks.ts";

function directed(name: string, over: Partial<Scenario>, adversaries?: BatteryEntry["adversaries"]): BatteryEntry {
  return { family: "directed", scenario: { ...BASE, name, ...over }, ...(adversaries && { adversaries }) };
}

const by = (
  name: string,
  options: Readonly<Record<string, number | string | boolean>> = {},
  last = 1,
): Scenario["adversary"] => ({
  behaviours: [{ name, nodes: { last }, options }],
});
const protocol = (
  params: Readonly<Record<string, number>>,
  local: Readonly<Record<string, number>> = {},
): Scenario["protocol"] => ({
  ...BASE.protocol,
  params: { ...PARAMS, ...params },
  local: { ...LOCAL, ...local },
});
const cutOff = (nodes: readonly number[], fromMs: number, toMs: number): PartitionSpec => ({
  type: "partition",
  fromMs,
  toMs,
  shape: { type: "sides", sides: [[...nodes], [0, 1, 2, 3, 4, 5, 6].filter((node) => !nodes.includes(node))] },
});
const crash = (
  node: number,
  fromMs: number,
  toMs: number,
  disk: "unsynced" | "torn" | "clean" = "unsynced",
): FaultSpec => ({
  type: "crash",
  nodes: [node],
  fromMs,
  toMs,
  disk,
});
/** Every node several times, shortly, so that restarts fall on every phase of a window and of a schedule. */
const RESTARTS: FaultSpec[] = Array.from({ length: 24 }, (_, turn) =>
  crash(turn % 4, 300 + 140 * turn, 360 + 140 * turn, turn % 3 === 0 ? "torn" : "unsynced"),
);

/** Round of a coin slot for which the coin of four nodes names node 3: it is the same in every run. */
const TWIN_COIN_ROUND = 40;

const REAL = { crypto: "real", ledger: false } as const;

/** Nobody waits for anybody, and delays are wild: votes, blames and certificates scatter as widely as they can. */
const RAGGED = {
  protocol: protocol({}, { leaderTimeoutMs: 1, roundDelayMinMs: 1 }),
  network: { latency: { type: "exponential", minMs: 1, meanMs: 20 }, isFifo: false },
  execution: { crypto: "modelled", ledger: false },
  workload: { transactionsPerSecond: 100, transactionBytes: 32 },
  durationMs: 5000,
} as const satisfies Partial<Scenario>;

/** What it shows depends on which slots the slow ones vote on: two seeds. */
const TWO_SLOW_VOICES: Partial<Scenario> = {
  ...RAGGED,
  committee: { size: 10 },
  faults: [{ type: "link", from: [8, 9], to: [0, 1, 2, 3, 4, 5, 6, 7], extraDelayMs: 130 }],
  network: { latency: { type: "exponential", minMs: 2, meanMs: 8 }, isFifo: false },
  durationMs: 2500,
};

export const DIRECTED_BATTERY: readonly BatteryEntry[] = [
  directed("halves", { faults: [{ ...cutOff([0, 1], 600, 2500), mode: "hold" }] }),
  directed("ragged", { ...RAGGED, seed: 7 }),
  directed("ragged-leaders-only", { ...RAGGED, protocol: { ...RAGGED.protocol, name: "p-only" }, seed: 2 }),
  // Two nodes hear everything and are heard late: what they certify decides for them before the others know of it.
  directed("two-slow-voices", TWO_SLOW_VOICES),
  directed("two-slow-voices-again", { ...TWO_SLOW_VOICES, seed: 2 }),
  directed(
    "leaders-late",
    {
      protocol: protocol({}, { leaderTimeoutMs: 10 }),
      faults: [0, 1, 2].map((node) => crash(node, 500 + 600 * node, 850 + 600 * node)),
      network: { latency: { type: "uniform", minMs: 2, maxMs: 6 } },
    },
    () => [lateLeaders(60)],
  ),
  directed("paced", { protocol: protocol({}, { roundDelayMinMs: 30 }), durationMs: 1500 }),
  directed("twins-for-everybody", { durationMs: 1500 }, () => [
    twinBlocks({ node: 3, isTwinned: () => true, audience: "everybody" }),
  ]),
  directed("twin-named-by-coin", { protocol: COIN_ONLY }, () => [
    twinBlocks({ node: 3, isTwinned: (round) => round === TWIN_COIN_ROUND, audience: "halves" }),
  ]),
  directed("leaders-hidden-by-network", {
    adversary: { behaviours: [{ name: "leader-scheduler" }] },
    durationMs: 4000,
  }),
  directed("leaders-hide", { adversary: by("leader-hider", {}, 2), committee: { size: 7 }, durationMs: 4000 }),
  directed("leaders-shunned", { adversary: by("leader-shunner", {}, 2), committee: { size: 7 } }),
  directed("random-order", { adversary: { behaviours: [{ name: "random-scheduler" }] }, durationMs: 4000 }),
  directed("restarts", { faults: RESTARTS, durationMs: 3900, workload: { ...BASE.workload, devices: 5 } }),
  directed("restarts-among-hidden-leaders", {
    faults: RESTARTS,
    durationMs: 3900,
    adversary: { behaviours: [{ name: "leader-scheduler" }] },
  }),
  directed("signed-twice", {}, () => [doubleSigningDevice({ gateway: 3, devices: 2, payloadAfterMs: 420 })]),
  directed(
    "signed-twice-over-restarts",
    { faults: RESTARTS.filter((_, turn) => turn % 4 !== 3), durationMs: 3900 },
    () => [doubleSigningDevice({ gateway: 3, devices: 2, payloadAfterMs: 60 })],
  ),
  directed("away-and-back", {
    protocol: protocol({ gcDepth: 6 }),
    faults: [cutOff([3], 500, 1500), cutOff([1], 2000, 2800)],
    durationMs: 4000,
    checks: { censorshipMaxMs: 1000, commitGapMaxMs: 1000 },
  }),
  directed("slow-node", {
    protocol: protocol({ gcDepth: 4 }),
    faults: [
      { type: "link", from: [3], extraDelayMs: 60 },
      { type: "link", from: [2], extraDelayMs: 90 },
    ],
    committee: { size: 7 },
  }),
  directed("late-payloads", {
    protocol: protocol({ updateExpiry: 25 }),
    adversary: by("header-without-payload", { everyRounds: 12, sequence: 6 }),
    durationMs: 5000,
  }),
  directed("wrong-times", {
    adversary: by("timestamp-liar"),
    faults: [{ type: "clock", nodes: [1], fromMs: 50, toMs: 1900, offsetMs: 900, stepEveryMs: 120 }],
    durationMs: 2000,
  }),
  directed("false-references", { durationMs: 1000 }, () => [falseReferences(3)]),
  directed("wrong-parents", { adversary: by("wrong-parents"), durationMs: 2000 }),
  directed("flood", {
    protocol: protocol({}, { parkedPerAuthorMax: 24, parkedMax: 24 }),
    adversary: by("reference-flooder", { blocksPerRound: 4 }, 2),
    committee: { size: 7 },
    durationMs: 1200,
  }),
  // Rounds go on and nothing commits: what waits in own blocks must not grow with them.
  directed("gate", {
    protocol: { ...protocol({ transactionBytesMax: 2048 }, { ownUncommittedBytesMax: 4096 }), name: "p-only" },
    adversary: { behaviours: [{ name: "leader-scheduler", fromMs: 400, toMs: 2000 }] },
    workload: { ...BASE.workload, transactionsPerSecond: 2000 },
    checks: { gauges: { ownUncommittedBytes: 10_000 } },
  }),
  directed("one-crashed-for-good", {
    faults: [{ type: "crash", nodes: [2], fromMs: 700 }],
    checks: { commitGapMaxMs: 1500 },
  }),
  directed("lossy", { network: { ...BASE.network, loss: { probability: 0.12 } } }),
  directed("black-out", { faults: [{ type: "link", fromMs: 1000, toMs: 1400, lossProbability: 1 }] }),
  directed("coin-only", {
    protocol: COIN_ONLY,
    durationMs: 9000,
    workload: { ...BASE.workload, transactionsPerSecond: 10 },
  }),
  directed(
    "stale-coin-shares",
    {
      protocol: COIN_ONLY,
      execution: REAL,
      workload: { transactionsPerSecond: 10, transactionBytes: 32 },
      durationMs: 1000,
    },
    () => [staleShares(3)],
  ),
  directed("real-coin", {
    protocol: { ...RAGGED.protocol, name: "c-only", params: { ...PARAMS, coinPeriod: 6, firstCoinRound: 6 } },
    network: { latency: { type: "constant", ms: 2 } },
    execution: REAL,
    workload: { transactionsPerSecond: 400, transactionBytes: 32 },
    durationMs: 850,
  }),
];
