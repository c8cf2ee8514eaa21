// The scenario: everything that one run depends on, as one JSON file. The schema here is the only definition: types,
// checks, defaults and the published JSON schema follow from it. Times are milliseconds of virtual time.

import { type Static, type TSchema, Type } from "typebox";
import { TOKEN_BYTES } from "../process/token.ts";

const closed = { additionalProperties: false };
const strict = <Properties extends Record<string, TSchema>>(properties: Properties) => Type.Object(properties, closed);
const names = <Name extends string>(...values: Name[]) => Type.Enum(values);
const PROBABILITY = Type.Number({ minimum: 0, maximum: 1 });
const TIME_MS = Type.Number({ minimum: 0, maximum: 86_400_000 });
const NODE = Type.Integer({ minimum: 0, maximum: 1023 });
/** Indices, or a set that the run works out: the last k, all, all but one. */
const NODES = Type.Union([Type.Array(NODE, { maxItems: 1024 }), strict({ last: NODE }), Type.Literal("all")]);
const WINDOW = { fromMs: Type.Optional(TIME_MS), toMs: Type.Optional(TIME_MS) };

/** One-way delays in milliseconds. Parameters by distribution are explained in docs/simulator.md. */
export const LATENCY = Type.Union([
  strict({ type: Type.Literal("constant"), ms: TIME_MS }),
  strict({ type: Type.Literal("uniform"), minMs: TIME_MS, maxMs: TIME_MS }),
  strict({ type: Type.Literal("normal"), meanMs: TIME_MS, stdMs: TIME_MS }),
  strict({ type: Type.Literal("logNormal"), medianMs: TIME_MS, sigma: Type.Number({ minimum: 0, maximum: 10 }) }),
  strict({ type: Type.Literal("exponential"), minMs: TIME_MS, meanMs: TIME_MS }),
  strict({ type: Type.Literal("pareto"), minMs: TIME_MS, shape: Type.Number({ minimum: 0.1, maximum: 100 }) }),
  strict({ type: Type.Literal("laplace"), meanMs: TIME_MS, scaleMs: TIME_MS }),
  /** Quantiles of a measured distribution: ascending milliseconds at ascending shares from 0 to 1. */
  strict({
    type: Type.Literal("empirical"),
    shares: Type.Array(PROBABILITY, { minItems: 2 }),
    ms: Type.Array(TIME_MS, { minItems: 2 }),
  }),
  /** Round-trip matrix by name (see `selvedge sim networks`), nodes spread over its regions in turn or as listed. */
  strict({
    type: Type.Literal("matrix"),
    matrix: Type.String({ minLength: 1, maxLength: 64 }),
    regions: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 1024 })),
    /** Log-normal jitter around half the round trip. */
    jitterSigma: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
  }),
]);

export const BANDWIDTH = strict({
  egressMbps: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
  ingressMbps: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000_000 })),
  /** Of the egress queue; a message that does not fit is lost. Absent: unbounded. */
  bufferBytes: Type.Optional(Type.Integer({ minimum: 1500 })),
  burstBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Delivery opportunities in the mahimahi format: milliseconds at which one 1500-byte packet may leave; repeats. */
  traceMs: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, maxItems: 2_000_000 })),
});

export const LOSS = strict({
  probability: Type.Optional(PROBABILITY),
  /** Gilbert–Elliott: chance a message to enter and to leave the bad state, and loss in it. */
  burst: Type.Optional(strict({ enter: PROBABILITY, leave: PROBABILITY, loss: PROBABILITY })),
  /** Only messages up to / above this size; absent: all. */
  maxSizeBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  minSizeBytes: Type.Optional(Type.Integer({ minimum: 0 })),
});

export const NETWORK = strict({
  latency: LATENCY,
  bandwidth: Type.Optional(BANDWIDTH),
  /** Access network of the nodes listed, on top of the latency between them (see `selvedge sim networks`). */
  access: Type.Optional(
    Type.Array(strict({ nodes: NODES, profile: Type.String({ minLength: 1, maxLength: 64 }) }), { maxItems: 64 }),
  ),
  loss: Type.Optional(LOSS),
  duplicateProbability: Type.Optional(PROBABILITY),
  /** A message that is chosen takes up to `reorderMs` longer; without reordering a link delivers in order. */
  reorderProbability: Type.Optional(PROBABILITY),
  reorderMs: Type.Optional(TIME_MS),
  corruptProbability: Type.Optional(PROBABILITY),
  /** Default true: messages of one link arrive in the order sent (as over TCP) unless reordered on purpose. */
  isFifo: Type.Optional(Type.Boolean()),
  /** Partial synchrony as a contract: from gstMs on, a message between nodes that are up and honest takes ≤ deltaMs. */
  synchrony: Type.Optional(strict({ gstMs: TIME_MS, deltaMs: TIME_MS })),
});

const PARTITION = strict({
  type: Type.Literal("partition"),
  ...WINDOW,
  shape: Type.Union([
    /** Nodes of different sides do not hear one another; nodes in no side are cut off from nobody. */
    strict({ type: Type.Literal("sides"), sides: Type.Array(Type.Array(NODE), { minItems: 1, maxItems: 64 }) }),
    /** `from` cannot reach `to`; the way back works. */
    strict({ type: Type.Literal("oneWay"), from: NODES, to: NODES }),
    strict({
      type: Type.Literal("links"),
      links: Type.Array(Type.Tuple([NODE, NODE]), { minItems: 1, maxItems: 4096 }),
    }),
    /** Two halves that only one node can reach. */
    strict({ type: Type.Literal("bridge"), bridge: NODE }),
    /** Each node hears only its neighbours on both sides, `reach` far. */
    strict({ type: Type.Literal("ring"), reach: Type.Integer({ minimum: 1, maximum: 512 }) }),
    /** Largest side just below (`keeps: false`) or just at (`true`) a quorum of stake. */
    strict({ type: Type.Literal("quorum"), keeps: Type.Boolean() }),
    /** Whoever leads the highest round that honest nodes have sent is cut off, anew each round. */
    strict({ type: Type.Literal("leader") }),
    /** Anew at random every `everyMs`: a node falls on one of `sides` sides. */
    strict({ type: Type.Literal("random"), sides: Type.Integer({ minimum: 2, maximum: 64 }), everyMs: TIME_MS }),
  ]),
  /** Comes and goes: in force for the first `onMs` of each `periodMs`. */
  flapping: Type.Optional(strict({ periodMs: TIME_MS, onMs: TIME_MS })),
  /** What happens to a message that may not pass. Default "drop". */
  mode: Type.Optional(names("drop", "hold")),
});

export const FAULT = Type.Union([
  PARTITION,
  strict({
    type: Type.Literal("link"),
    ...WINDOW,
    from: Type.Optional(NODES),
    to: Type.Optional(NODES),
    lossProbability: Type.Optional(PROBABILITY),
    extraDelayMs: Type.Optional(TIME_MS),
    delayFactor: Type.Optional(Type.Number({ minimum: 1, maximum: 1000 })),
    duplicateProbability: Type.Optional(PROBABILITY),
    corruptProbability: Type.Optional(PROBABILITY),
    reorderProbability: Type.Optional(PROBABILITY),
    bandwidthFactor: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
  }),
  /** The process dies; it comes back at `toMs` from what the disk holds, or not at all. */
  strict({
    type: Type.Literal("crash"),
    nodes: NODES,
    ...WINDOW,
    /**
     * What the power failure leaves: "clean" keeps all, "unsynced" loses what was not synced, "torn" keeps part of it. Or
     * what a mishap leaves: "wiped" nothing, "rolledBack" a whole older copy, "safetyLost" all but the record of what was
     * signed, "storeLost" that record alone.
     */
    disk: Type.Optional(names("clean", "unsynced", "torn", "wiped", "rolledBack", "safetyLost", "storeLost")),
  }),
  strict({ type: Type.Literal("pause"), nodes: NODES, ...WINDOW }),
  strict({
    type: Type.Literal("clock"),
    nodes: NODES,
    ...WINDOW,
    offsetMs: Type.Optional(Type.Number({ minimum: -1e12, maximum: 1e12 })),
    /** Parts per million; timers of the node run by it. */
    driftPpm: Type.Optional(Type.Number({ minimum: -500_000, maximum: 500_000 })),
    /** Jumps to and fro by the offset with this period. */
    stepEveryMs: Type.Optional(TIME_MS),
  }),
  strict({
    type: Type.Literal("disk"),
    nodes: NODES,
    ...WINDOW,
    /** Each write takes this much longer. */
    slowMs: Type.Optional(TIME_MS),
    /** Writes fail once the disk holds so many bytes more than at `fromMs`. */
    fullAfterBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    /** At `fromMs`, this many bits flip in stored records; noticed at the next restart or read. */
    flipBits: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  }),
]);

export const BEHAVIOUR = strict({
  name: Type.String({ minLength: 1, maxLength: 64 }),
  /** Corrupted from the start of the run. Absent: the behaviour is the network's, or picks its victims itself. */
  nodes: Type.Optional(NODES),
  ...WINDOW,
  options: Type.Optional(Type.Record(Type.String(), Type.Union([Type.Number(), Type.String(), Type.Boolean()]))),
});

export const SCENARIO = strict({
  format: Type.Literal(1),
  name: Type.String({ minLength: 1, maxLength: 128 }),
  seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
  /** Length of the run; faults and the adversary act within it. */
  durationMs: TIME_MS,
  committee: strict({
    size: Type.Integer({ minimum: 1, maximum: 1024 }),
    stakes: Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: 1_000_000 }), { maxItems: 1024 })),
  }),
  protocol: strict({
    /** Registered name: "selvedge", "p-only", "c-only", "hotstuff". */
    name: Type.String({ minLength: 1, maxLength: 64 }),
    /** Local parameters of the engine (LocalParams) or of a baseline, by name. */
    local: Type.Optional(Type.Record(Type.String(), Type.Number())),
    /** Protocol parameters (ProtocolParams), by name. */
    params: Type.Optional(Type.Record(Type.String(), Type.Number())),
  }),
  execution: strict({
    crypto: names("real", "modelled"),
    /** CPU time of operations: none, or the cost file's (path, or "builtin": figures measured on a named machine). */
    costs: Type.Optional(Type.String({ maxLength: 4096 })),
    cores: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
    /** "shared": a body is checked once and shared (as pure functions of its bytes may be); "bytes": decoded at each receiver. */
    codec: Type.Optional(names("shared", "bytes")),
    /** Execute commits on the real ledger. Default true. */
    ledger: Type.Optional(Type.Boolean()),
  }),
  network: NETWORK,
  faults: Type.Array(FAULT, { maxItems: 4096 }),
  adversary: strict({
    behaviours: Type.Array(BEHAVIOUR, { maxItems: 256 }),
    budget: Type.Optional(
      strict({
        nodes: Type.Optional(Type.Integer({ minimum: 0 })),
        stake: Type.Optional(Type.Integer({ minimum: 0 })),
        messages: Type.Optional(Type.Integer({ minimum: 0 })),
        delayMs: Type.Optional(Type.Number({ minimum: 0 })),
      }),
    ),
  }),
  workload: strict({
    /** Transactions a second over all nodes, open loop. */
    transactionsPerSecond: Type.Number({ minimum: 0, maximum: 10_000_000 }),
    transactionBytes: Type.Integer({ minimum: TOKEN_BYTES, maximum: 65_536 }),
    /** "even": constant spacing; "poisson". Default "even". */
    arrivals: Type.Optional(names("even", "poisson")),
    /** Instead of a rate: this many clients a node, each waiting for its commit before the next. */
    closedLoopClients: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    /** One token in the blocks stands for so many transactions; wire sizes and counts are scaled. Default 1. */
    transactionsPerToken: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    /** Model updates: so many devices, each handing in one every `updateEveryMs`. */
    devices: Type.Optional(Type.Integer({ minimum: 0, maximum: 1000 })),
    updateEveryMs: Type.Optional(Type.Number({ minimum: 1, maximum: 86_400_000 })),
    /** Devices sign a second update of every sequence, and hand it to the gateway so many nodes further on. */
    rivalShift: Type.Optional(Type.Integer({ minimum: 1, maximum: 1023 })),
    /** Numbers in a model, 4 bytes each. */
    modelSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  }),
  /** After the chaos: freeze all but a quorum core of honest nodes, heal, demand a commit. Absent: safety only. */
  liveness: Type.Optional(
    strict({
      /** Commits must go on within so long after healing; absent: computed from the network and the protocol. */
      boundMs: Type.Optional(TIME_MS),
      /** "random" core of quorum stake, "lowest" indices, or "all" honest nodes. */
      core: Type.Optional(names("random", "lowest", "all")),
    }),
  ),
  checks: Type.Optional(
    strict({
      /** A gap between commits above this is a violation, outside of faults. */
      commitGapMaxMs: Type.Optional(TIME_MS),
      /** A transaction of an honest gateway that waits longer is censored. */
      censorshipMaxMs: Type.Optional(TIME_MS),
      /** Highest gauges allowed, by name (parked, blocksInMemory, …). */
      gauges: Type.Optional(Type.Record(Type.String(), Type.Number())),
    }),
  ),
});

export type Scenario = Static<typeof SCENARIO>;
export type LatencySpec = Static<typeof LATENCY>;
export type BandwidthSpec = Static<typeof BANDWIDTH>;
export type LossSpec = Static<typeof LOSS>;
export type NetworkSpec = Static<typeof NETWORK>;
export type FaultSpec = Static<typeof FAULT>;
export type PartitionSpec = Static<typeof PARTITION>;
export type BehaviourSpec = Static<typeof BEHAVIOUR>;
export type NodeSet = Static<typeof NODES>;
