// A real home on disk with a chain of its own: one validator that runs in this process until it has what a test asks for,
// with transactions, updates and versions, and short horizons so that a few hundred commits are a long past.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type Digest,
  bytesFromHex,
  chainIdOf,
  committeeOf,
  mustExist,
  signProposal,
  validatorIndex,
} from "@selvedge/integrity";
import { pino } from "pino";
import { DEFAULT_CONFIG } from "../src/config/defaults.ts";
import { type HomePaths, homePaths } from "../src/config/home.ts";
import { createNodeSigner, sha256 } from "../src/crypto.ts";
import { configText } from "../src/daemon/config-text.ts";
import { createHome, openStore } from "../src/daemon/home.ts";
import { type RunningNode, startNode } from "../src/daemon/node.ts";
import { type NetworkPlan, type TestNetwork, makeTestNetwork } from "../src/devnet/make-network.ts";
import { DEFAULT_NETWORK_LIMITS } from "../src/network/limits.ts";
import { MemoryHub } from "../src/network/memory-transport.ts";
import type { PrunePolicy } from "../src/prune/policy.ts";
import type { LevelStore } from "../src/storage/level-store.ts";
import { SafetyFile } from "../src/storage/safety-file.ts";
import { identityOf } from "../src/testing/dealt-identity.ts";
import { directWork, tinyWeights } from "./daemon/local-network.ts";
import { submitTinyUpdate, tinyUpdate } from "./tiny-update.ts";

const WAIT_MS = 60_000;
const POLL_MS = 5;

/** Commits that its parameters let a node prune down to. */
export const FIXTURE_KEEP_MIN = 30;

function fixtureNetwork(plan: Partial<NetworkPlan>): TestNetwork {
  return makeTestNetwork({
    name: "home",
    validators: 1,
    devices: 1,
    createdMs: 1,
    seed: new Uint8Array(32).fill(9),
    params: { updateExpiry: 10, executionLagMax: 10, commitVotesMax: 10, gcDepth: 10, roundLeadMax: 20 },
    models: [
      {
        id: "tiny",
        weights: tinyWeights(0),
        policy: {
          bufferSize: 1,
          minimum: 1,
          windowCommits: 1000,
          perDeviceMax: 1000,
          maxStaleness: 1,
          sampleWeightMax: 1000,
          normMax: 1000 * 65_536,
          aggregator: { name: "weighted-mean", clip: "none" },
        },
      },
    ],
    ...plan,
  });
}

export class HomeFixture {
  readonly network: TestNetwork;
  readonly paths: HomePaths;
  readonly failures: unknown[] = [];
  readonly transactions: Digest[] = [];
  #running: { readonly node: RunningNode; readonly store: LevelStore; readonly stop: () => Promise<void> } | undefined;
  #sequence = 0;

  private constructor(root: string, plan: Partial<NetworkPlan>) {
    this.network = fixtureNetwork(plan);
    this.paths = homePaths(root);
  }

  /** Without a coin its one validator can go from epoch to epoch. */
  static async create(plan: Partial<NetworkPlan> = {}): Promise<HomeFixture> {
    const folder = await mkdtemp(join(tmpdir(), "selvedge-home-"));
    const fixture = new HomeFixture(join(folder, "home"), plan);
    const config = configText({ ...DEFAULT_CONFIG, role: "validator" });
    await createHome({ root: fixture.paths.root, bundle: fixture.network.bundle, config, hasSafetyFile: true });
    return fixture;
  }

  get node(): RunningNode {
    return mustExist(this.#running?.node, "the node runs");
  }

  get store(): LevelStore {
    return mustExist(this.#running?.store, "the node runs");
  }

  async start(prune?: PrunePolicy): Promise<RunningNode> {
    const { genesis } = this.network.bundle;
    const store = await openStore(this.paths, genesis);
    const safety = await SafetyFile.open(this.paths.safety, { create: false });
    const { secrets } = mustExist(this.network.validators[0], "one validator");
    const { index } = mustExist(committeeOf(genesis).validators[0], "one validator");
    const node = await startNode({
      genesis,
      store,
      safety,
      ...(prune && { prune }),
      identity: identityOf(secrets, index),
      work: directWork,
      consensus: { roundDelayMinMs: 0, leaderTimeoutMs: 50, idleRoundDelayMs: 1, ownUncommittedBytesMax: 1 << 20 },
      snapshotEveryCommits: 10,
      makeTransport: async () =>
        new MemoryHub().createTransport({
          self: { kind: "validator", index },
          mode: "direct",
          limits: DEFAULT_NETWORK_LIMITS,
          sha256,
        }),
      logger: pino({ level: "silent" }),
      version: "test",
      nowMs: () => Date.now(),
      onFatal: (error) => this.failures.push(error),
    });
    const stop = async (): Promise<void> => {
      await node.stop();
      await safety.close();
      await store.close();
    };
    this.#running = { node, store, stop };
    return node;
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(join(this.paths.root, ".."), { recursive: true, force: true });
  }

  /** Until so many more commits are executed, with a transaction in every few of them. */
  async grow(commits: number): Promise<void> {
    const target = this.node.services.status().executedIndex + commits;
    for (let count = 0; this.node.services.status().executedIndex < target; count += 1) {
      if (count % 4 === 0) await this.transact(`${target}/${count}`);
      await delay(POLL_MS);
      if (this.failures.length > 0) throw this.failures[0];
    }
  }

  async transact(text: string): Promise<Digest> {
    return this.#order(new TextEncoder().encode(text.padEnd(2000)));
  }

  /** By a proposal of no change, which its one member's own approval settles. */
  async beginEpoch(): Promise<void> {
    const { services } = this.node;
    const { epoch } = services.epochInfo().start;
    const signing = bytesFromHex(mustExist(this.network.validators[0], "one validator").secrets.signing);
    const { transaction } = signProposal(
      { chainId: services.chainId, epoch, nonce: 1, changes: [] },
      { validator: validatorIndex(0), signer: createNodeSigner(signing) },
      sha256,
    );
    await this.#order(transaction);
    await this.#until(() => services.status().epoch.number === epoch + 1);
  }

  async #order(transaction: Uint8Array): Promise<Digest> {
    const submitted = await this.node.services.submitTransaction(transaction);
    if (!submitted.ok) throw new Error(submitted.error.detail);
    await this.node.services.waitForTransaction(submitted.value.digest, AbortSignal.timeout(WAIT_MS));
    this.transactions.push(submitted.value.digest);
    return submitted.value.digest;
  }

  /** One update, which closes one version. */
  async train(): Promise<Digest> {
    const { services } = this.node;
    const { genesis } = this.network.bundle;
    const model = mustExist(services.models()[0], "one model");
    this.#sequence += 1;
    const made = tinyUpdate({
      chainId: chainIdOf(genesis, sha256),
      model,
      chunkBytes: genesis.params.payloadChunkBytes,
      secret: mustExist(this.network.devices[0], "one device").secrets.signing,
      value: this.#sequence / 64,
      sequence: this.#sequence,
    });
    await submitTinyUpdate(services, made);
    const wanted = model.current.record.version + 1;
    await this.#until(() => services.models()[0]?.current.record.version === wanted);
    return made.manifest.root;
  }

  async #until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + WAIT_MS;
    while (!condition()) {
      if (this.failures.length > 0) throw this.failures[0];
      if (performance.now() > deadline) throw new Error("timed out");
      await delay(POLL_MS);
    }
  }
}
