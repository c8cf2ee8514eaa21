// How fast the world is without a protocol: every node broadcasts a message in every round of virtual time, nobody works on
// what arrives. Kernel: the queue alone, one entry for each broadcast. World: the full network model (WAN matrix with
// jitter, loss, network cards) and an adversary that looks at every message. Prints deliveries per CPU second.

import { type Committee, createCommittee, epoch } from "@selvedge/integrity";
import {
  type Adversary,
  EventQueue,
  type Process,
  type ProcessPorts,
  type ProtocolChain,
  RecordedStreams,
  type Scenario,
  World,
} from "@selvedge/sim";

const ROUND_US = 100_000;

export interface SpeedRow {
  readonly what: string;
  readonly size: number;
  readonly deliveries: number;
  /** Of the queue: a delivery through a network card is two. */
  readonly events: number;
  readonly cpuSeconds: number;
}

/** One entry of the queue visits all receivers of a broadcast, nearest first. */
export function kernelSpeed(size: number, deliveriesMin: number): SpeedRow {
  interface Broadcast {
    readonly offsetsUs: Float64Array;
    readonly startUs: number;
    next: number;
  }
  const offsetsOf = (node: number): Float64Array =>
    Float64Array.from({ length: size - 1 }, (_, to) => 1000 + ((node * 7919 + to * 104_729) % 50_000)).sort();
  const offsets = Array.from({ length: size }, (_, node) => offsetsOf(node));
  const queue = new EventQueue<Broadcast>();
  const start = process.cpuUsage();
  let deliveries = 0;
  for (let node = 0; node < size; node += 1)
    queue.push(offsets[node]?.[0] ?? 0, { offsetsUs: offsets[node] ?? new Float64Array(1), startUs: 0, next: 0 });
  while (deliveries < deliveriesMin) {
    const broadcast = queue.peek();
    if (broadcast === undefined) break;
    deliveries += 1;
    broadcast.next += 1;
    if (broadcast.next < broadcast.offsetsUs.length)
      queue.postpone(broadcast.startUs + (broadcast.offsetsUs[broadcast.next] ?? 0));
    else {
      queue.pop();
      const startUs = broadcast.startUs + ROUND_US;
      queue.push(startUs + (broadcast.offsetsUs[0] ?? 0), { offsetsUs: broadcast.offsetsUs, startUs, next: 0 });
    }
  }
  return { what: "kernel", size, deliveries, events: deliveries, cpuSeconds: secondsSince(start) };
}

export function worldSpeed(size: number, deliveriesMin: number): SpeedRow {
  const rounds = Math.max(2, Math.ceil(deliveriesMin / (size * (size - 1))));
  const scenario: Scenario = {
    format: 1,
    name: "world-speed",
    seed: 1,
    durationMs: (rounds * ROUND_US) / 1000,
    committee: { size },
    protocol: { name: "null" },
    execution: { crypto: "modelled" },
    network: {
      latency: { type: "matrix", matrix: "aws-21-relab-2024", jitterSigma: 0.05 },
      bandwidth: { egressMbps: 1000, ingressMbps: 1000 },
      loss: { probability: 0.001 },
    },
    faults: [],
    adversary: { behaviours: [] },
    workload: { transactionsPerSecond: 0, transactionBytes: 24 },
  };
  const watcher: Adversary = {
    name: "watcher",
    power: "content",
    onMessage: ({ from, to }) => (from + to === 0 ? { type: "hold" } : undefined),
  };
  const world = new World({
    scenario,
    chain: nullChain(size),
    streams: new RecordedStreams(1),
    adversaries: [watcher],
    observers: [],
    onObserved: () => undefined,
    onLifecycle: () => undefined,
    onCrashed: (_node, error) => {
      throw error;
    },
    onStuck: () => undefined,
  });
  const start = process.cpuUsage();
  world.runUntil(rounds * ROUND_US + 10 * ROUND_US);
  return {
    what: "world",
    size,
    deliveries: world.traffic.deliveredCount,
    events: world.eventCount,
    cpuSeconds: secondsSince(start),
  };
}

function nullChain(size: number): ProtocolChain {
  const committee: Committee = createCommittee(
    epoch(0),
    Array.from({ length: size }, (_, index) => ({ stake: 1, publicKey: new Uint8Array(32).fill(index & 0xff, 0, 16) })),
  );
  return {
    protocol: "null",
    size,
    stakes: committee.validators.map(() => 1),
    faultyStakeMax: committee.faultyStakeMax,
    quorumStake: committee.quorumStake,
    committee,
    gcDepth: 0,
    createProcess: (index, ports) => nullProcess(index, size, ports),
    receiveCostUs: () => 0,
    knownLeader: () => 0,
    roundOf: () => 0,
    blocksOf: () => NOTHING,
    damaged: () => undefined,
    bodyFault: () => undefined,
    forgery: null,
    makeUpdate: null,
    traceDigestOf: () => "",
  };
}

const NOTHING: readonly never[] = [];
const BODY = {};

function nullProcess(index: number, size: number, ports: ProcessPorts): Process {
  let round = 0;
  const speak = (): void => {
    round += 1;
    for (let to = 0; to < size; to += 1) if (to !== index) ports.send({ to, kind: "null", sizeBytes: 500, body: BODY });
    ports.setTimer("round", ROUND_US);
  };
  return {
    start: speak,
    receive: () => undefined,
    onTimer: speak,
    submit: () => true,
    status: () => ({ round, lastCommitIndex: 0, gauges: {}, impediment: null }),
  };
}

export function secondsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000_000;
}
