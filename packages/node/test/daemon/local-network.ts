// A whole network in one process for tests: real nodes, real ledgers, memory stores and the memory transport.

import {
  MemoryDisk,
  MemoryStore,
  committeeOf,
  type Genesis,
  type ModelPolicy,
  type Store,
  type ValidatorIndex,
  type Weights,
  decodeDelta,
  mustExist,
  ok,
  weightsOf,
} from "@selvedge/integrity";
import { normOf, runAggregation } from "@selvedge/ledger";
import { pino } from "pino";
import { sha256 } from "../../src/crypto.ts";
import type { NodeIdentity } from "../../src/daemon/identity.ts";
import { type RunningNode, startNode } from "../../src/daemon/node.ts";
import type { NodeSetup } from "../../src/daemon/parts.ts";
import { type NetworkPlan, type TestNetwork, makeTestNetwork } from "../../src/devnet/make-network.ts";
import type { NumberWork } from "../../src/host/worker-pool.ts";
import { DEFAULT_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { MemoryHub } from "../../src/network/memory-transport.ts";
import { PayloadStore } from "../../src/storage/payload-store.ts";
import type { SafetyFile } from "../../src/storage/safety-file.ts";
import { identityOf } from "../../src/testing/dealt-identity.ts";

export const directWork: NumberWork = {
  aggregate: async (job, inputs) => runAggregation(job, { sha256, ...inputs }),
  inspect: async ({ codec, payload, tensors }) => {
    const delta = decodeDelta(payload, { codec, model: tensors });
    return delta.ok ? ok(normOf(delta.value.map(({ values }) => values))) : delta;
  },
};

const POLICY: ModelPolicy = {
  bufferSize: 2,
  minimum: 1,
  windowCommits: 1000,
  perDeviceMax: 1000,
  maxStaleness: 4,
  sampleWeightMax: 1000,
  normMax: 1000 * 65_536,
  aggregator: { name: "weighted-mean", clip: "median-norm" },
};

export function tinyWeights(value: number): Weights {
  return weightsOf([{ name: "w", shape: [40_000], values: new Float32Array(40_000).fill(value) }]);
}

export class LocalNetwork {
  readonly network: TestNetwork;
  readonly hub = new MemoryHub();
  readonly disks: MemoryDisk[];
  readonly safeties: RecordingSafety[];
  readonly nodes: (RunningNode | undefined)[] = [];
  readonly failures: unknown[] = [];

  constructor(validators: number, devices = 2, newcomers = 0, plan: Partial<NetworkPlan> = {}) {
    this.network = makeTestNetwork({
      name: "local",
      validators,
      devices,
      createdMs: 1,
      seed: new Uint8Array(32).fill(7),
      models: [{ id: "tiny", weights: tinyWeights(0), policy: POLICY }],
      ...plan,
    });
    this.disks = Array.from({ length: validators + newcomers }, () => new MemoryDisk());
    this.safeties = Array.from({ length: validators + newcomers }, () => new RecordingSafety());
  }

  get genesis(): Genesis {
    return this.network.bundle.genesis;
  }

  async start(index: number, overrides: Partial<NodeSetup> = {}): Promise<RunningNode> {
    const store: Store = new MemoryStore(sha256, this.disks[index]);
    const payloads = new PayloadStore(store, sha256);
    for (const bytes of this.network.bundle.weights.values())
      await payloads.putWhole(bytes, this.genesis.params.payloadChunkBytes);
    const node = await startNode({
      genesis: this.genesis,
      store,
      safety: this.safeties[index] as unknown as SafetyFile,
      identity: overrides.identity ?? this.identity(index),
      work: directWork,
      consensus: { roundDelayMinMs: 5, leaderTimeoutMs: 200, idleRoundDelayMs: 50, ownUncommittedBytesMax: 1 << 20 },
      snapshotEveryCommits: 20,
      makeTransport: async () =>
        this.hub.createTransport({
          self: { kind: "validator", index: this.member(index) },
          mode: "direct",
          limits: DEFAULT_NETWORK_LIMITS,
          sha256,
        }),
      logger: pino({ level: process.env["LOG_LEVEL"] ?? "silent" }),
      version: "test",
      nowMs: () => Date.now(),
      onFatal: (error) => this.failures.push(error),
      ...overrides,
    });
    this.nodes[index] = node;
    return node;
  }

  /** Loses everything but its keys. */
  wipe(index: number): void {
    this.disks[index] = new MemoryDisk();
    this.safeties[index] = new RecordingSafety();
  }

  async stopAll(): Promise<void> {
    for (const node of this.nodes) await node?.stop();
  }

  member(index: number): ValidatorIndex {
    return mustExist(committeeOf(this.genesis).validators[index], "the validator is in the plan").index;
  }

  identity(index: number): NodeIdentity {
    const { secrets } = mustExist(this.network.validators[index], "the validator is in the plan");
    return identityOf(secrets, this.member(index));
  }
}

/** The safety file's contract without a file. */
class RecordingSafety {
  last: { epoch: number; round: number; digest: string } | null = null;
  async append(record: { epoch: number; round: number; digest: string }): Promise<void> {
    if (this.last !== null && record.epoch === this.last.epoch && record.round <= this.last.round)
      throw new Error("signed twice");
    this.last = record;
  }
}
