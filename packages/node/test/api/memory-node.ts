// A whole node in memory behind the NodeServices port: a real ledger, real keys, real proofs, certificates and receipts.
// Consensus alone is missing: what is complete is committed at once, unless a test holds it back.

import {
  type AvailabilityReceipt,
  type BlockHeader,
  type ChainId,
  type CheckpointCertificate,
  type Committee,
  DEFAULT_PROTOCOL_PARAMS,
  type DeviceId,
  type Digest,
  type Genesis,
  type ModelPolicy,
  PayloadAssembler,
  type SignedBlock,
  type SignedUpdate,
  type Signer,
  type UpdateDigest,
  type VerifiedBlock,
  type Weights,
  buildBlock,
  buildReceipt,
  chainIdOf,
  commitIndex,
  committeeOf,
  deviceIdOf,
  digestFromBytes,
  epoch,
  err,
  modelId,
  mustExist,
  ok,
  payloadRoot,
  portableCrypto,
  rejection,
  round,
  sealCommit,
  signCheckpoint,
  validatorIndex,
  verifyManifest,
  writeWeights,
  zeroDigest,
} from "@selvedge/integrity";
import { testEncryptionKey, testSigner } from "@selvedge/integrity/testing";
import { type Ledger, createLedger, runAggregation, transactionDigest } from "@selvedge/ledger";
import { EventRing } from "../../src/daemon/event-feed.ts";
import type { NodeServices, NodeStatus, TransactionView, UpdateView } from "../../src/daemon/services.ts";

const { sha256 } = portableCrypto;
export const CHUNK_BYTES = 1024;
export const MODEL = modelId("digits");
export const SIZE = 600;

const POLICY: ModelPolicy = {
  bufferSize: 2,
  minimum: 1,
  windowCommits: 1000,
  perDeviceMax: 1000,
  maxStaleness: 1,
  sampleWeightMax: 1000,
  normMax: 1000 * 2 ** 16,
  aggregator: { name: "weighted-mean", clip: "none" },
};

export const deviceSigner = (index: number): Signer => testSigner("device", index);
export const deviceName = (index: number): DeviceId => deviceIdOf(sha256, deviceSigner(index).publicKey);

export function weightsAt(value: number): Weights {
  return [{ name: "kernel", shape: [SIZE], values: new Float32Array(SIZE).fill(value) }];
}

export function testGenesis(validatorSeed = 0, validatorCount = 4): Genesis {
  const bytes = writeWeights(weightsAt(0));
  return {
    name: "memory",
    createdMs: 0,
    params: { ...DEFAULT_PROTOCOL_PARAMS, payloadChunkBytes: CHUNK_BYTES, payloadMaxBytes: 64 * CHUNK_BYTES },
    validators: Array.from({ length: validatorCount }, (_, index) => ({
      name: `validator-${index}`,
      stake: 1,
      publicKey: testSigner("validator", validatorSeed + index).publicKey,
      encryptionKey: testEncryptionKey(validatorSeed + index),
      coinPublicShares: [],
    })),
    coin: { setup: "none", groupPublicKey: new Uint8Array(0) },
    devices: Array.from({ length: 4 }, (_, index) => ({
      name: `device-${index}`,
      publicKey: deviceSigner(index).publicKey,
    })),
    models: [
      {
        id: MODEL,
        tensors: [{ name: "kernel", shape: [SIZE] }],
        weightsRoot: payloadRoot(sha256, bytes, CHUNK_BYTES),
        weightsBytes: bytes.length,
        policy: POLICY,
      },
    ],
  };
}

export class MemoryNode implements NodeServices {
  readonly genesis: Genesis = testGenesis();
  readonly chainId: ChainId = chainIdOf(this.genesis, sha256);
  readonly committee: Committee = committeeOf(this.genesis);
  readonly ledger: Ledger;
  readonly events: EventRing = new EventRing(() => 1_700_000_000_000);
  readonly blobs: Map<Digest, Uint8Array> = new Map();
  readonly receipts: Map<UpdateDigest, AvailabilityReceipt> = new Map();
  readonly transactions: Map<Digest, TransactionView> = new Map();
  readonly certificates: CheckpointCertificate[] = [];
  /** How many bytes of each payload were written, and the pieces' sizes. */
  readonly pieces: number[] = [];
  /** While true, transactions stay pending and whole updates stay received. */
  isHolding = false;
  isCertifying = true;
  state: NodeStatus["state"] = "healthy";
  waiting: (() => void)[] = [];
  readonly #submitted = new Map<UpdateDigest, { update: SignedUpdate; assembler: PayloadAssembler }>();
  readonly #views = new Map<UpdateDigest, UpdateView>();
  readonly #held: SignedUpdate[] = [];
  #index = 0;
  #previous = zeroDigest<ReturnType<typeof sealCommit>["digest"]>();

  constructor() {
    const { genesis, chainId, committee } = this;
    this.ledger = createLedger({ genesis, chainId, committee, crypto: portableCrypto });
    this.#keep(writeWeights(weightsAt(0)));
    this.commit([]);
  }

  isStarted = true;

  readonly status = (): NodeStatus => ({
    version: "0.1.0",
    chainId: this.chainId,
    network: this.genesis.name,
    role: "validator",
    validator: validatorIndex(0),
    engine: {
      epoch: 0,
      isEnding: false,
      isClosed: false,
      round: 7,
      highestRound: 7,
      lastCommitIndex: this.#index,
      gcRound: 0,
      nextSlot: "P8",
      parkedCount: 0,
      blocksInMemory: 0,
      equivocators: [],
      isCatchingUp: false,
      isIdle: false,
      signing: {
        standing: "signing",
        answered: [],
        answeredStake: 0,
        neededStake: 0,
        resumeRound: null,
        hasForgotten: false,
        foreign: null,
      },
      ownUncommittedBytes: 0,
      pendingContentCount: 0,
    },
    epoch: { number: 0, members: this.committee.validators.length, change: null },
    executedIndex: commitIndex(this.#index),
    stateRoot: this.ledger.stateRoot(),
    checkpointIndex: commitIndex(this.#index),
    sinceLastCommitMs: 1,
    peers: [],
    uptimeMs: 1,
    coin: "none",
    isStarted: this.isStarted,
    safety: { epoch: 0, round: 7 },
    disk: null,
    pruning: { keepCommits: null, base: 0 },
    lastScrub: null,
    health: this.state === "healthy" ? "ok" : "no quorum is reachable",
    state: this.state,
  });

  readonly submitUpdate: NodeServices["submitUpdate"] = async (update, chunkHashes) => {
    const view = await this.updateView(update.digest);
    if (view.state !== "unknown" && view.state !== "receiving" && view.state !== "refused") return ok(view);
    const permit = this.ledger.checkUpdate(update.header);
    if (!permit.ok) return permit;
    const manifest = verifyManifest(sha256, {
      root: update.header.payloadRoot,
      sizeBytes: update.header.payloadBytes,
      chunkBytes: CHUNK_BYTES,
      chunkHashes: chunkHashes.map((hash) => digestFromBytes(hash)),
    });
    if (!manifest.ok) return manifest;
    this.#submitted.set(update.digest, { update, assembler: new PayloadAssembler(sha256, manifest.value) });
    return ok(await this.updateView(update.digest));
  };

  readonly openPayload: NodeServices["openPayload"] = async (digest) => {
    const entry = this.#submitted.get(digest);
    if (entry === undefined) return err(rejection("UPDATE_NOT_SUBMITTED", "submit the header first"));
    const held: Uint8Array[] = [];
    return ok({
      write: async (bytes) => {
        this.pieces.push(bytes.length);
        held.push(bytes.slice());
        const size = held.reduce((sum, piece) => sum + piece.length, 0);
        if (size > entry.update.header.payloadBytes) return err(rejection("PAYLOAD_TOO_LONG", "too long"));
        return ok(undefined);
      },
      finish: async () => this.#finish(entry, new Uint8Array(Buffer.concat(held))),
    });
  };

  readonly updateView: NodeServices["updateView"] = async (digest) => {
    const status = this.ledger.updateStatus(digest);
    if (status.state === "applied") return { state: "applied", modelId: status.modelId, version: status.version };
    if (status.state === "certified")
      return { state: "certified", commitIndex: status.certifiedAt, score: status.score };
    if (status.state === "dropped") return { state: "refused", code: status.code, detail: "dropped" };
    const missing = this.#submitted.get(digest)?.assembler.missing();
    return (
      this.#views.get(digest) ??
      (missing === undefined ? { state: "unknown" } : { state: "receiving", missingChunks: missing })
    );
  };

  readonly epochInfo: NodeServices["epochInfo"] = () => this.ledger.epochInfo();
  readonly epochStart: NodeServices["epochStart"] = async (epoch) =>
    epoch === 0 ? this.ledger.epochInfo().start : undefined;
  readonly epochStep: NodeServices["epochStep"] = async () => undefined;

  readonly receipt: NodeServices["receipt"] = async (digest) => this.receipts.get(digest);

  readonly submitTransaction: NodeServices["submitTransaction"] = async (bytes) => {
    if (bytes.length === 0) return err(rejection("TRANSACTION_EMPTY", "empty"));
    if (bytes[0] === 0xff) return err(rejection("TRANSACTIONS_FULL", "full"));
    const digest = transactionDigest(sha256, bytes);
    const known = this.transactions.get(digest);
    if (known !== undefined) return ok({ digest, view: known });
    const view: TransactionView = this.isHolding
      ? { state: "pending" }
      : { state: "committed", commitIndex: commitIndex(1) };
    this.transactions.set(digest, view);
    return ok({ digest, view });
  };

  readonly transactionView: NodeServices["transactionView"] = async (digest) =>
    this.transactions.get(digest) ?? { state: "unknown" };

  readonly waitForTransaction: NodeServices["waitForTransaction"] = async (digest, signal) => {
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
      this.waiting.push(resolve);
    });
    return this.transactionView(digest);
  };

  readonly models: NodeServices["models"] = () => this.ledger.models();
  readonly model: NodeServices["model"] = (id) => this.ledger.model(id);
  readonly versions: NodeServices["versions"] = (id) => this.ledger.versions(id);

  readonly proveVersion: NodeServices["proveVersion"] = async (id, version) => {
    const proof = this.ledger.proveVersion(id, version);
    if (!proof.ok) return proof;
    const certificate = this.latestCheckpoint();
    if (certificate?.statement.stateRoot !== this.ledger.stateRoot())
      return err(rejection("PROOF_NOT_READY", "not certified yet"));
    return ok({ proof: proof.value, certificate });
  };

  readonly sequenceInfo: NodeServices["sequenceInfo"] = (device, model) => this.ledger.sequenceInfo(device, model);
  readonly payloadSize: NodeServices["payloadSize"] = async (root) => this.blobs.get(root)?.length;

  async *readPayload(root: Digest, from: number, to: number): AsyncGenerator<Uint8Array> {
    const bytes = mustExist(this.blobs.get(root), "the payload is stored");
    for (let offset = from; offset < to; offset += CHUNK_BYTES)
      yield bytes.slice(offset, Math.min(to, offset + CHUNK_BYTES));
  }

  readonly latestCheckpoint: NodeServices["latestCheckpoint"] = () => this.certificates.at(-1);
  readonly checkpoint: NodeServices["checkpoint"] = async (index) =>
    this.certificates.find(({ statement }) => statement.index === index);

  /** Commits what was held back. */
  release(): void {
    this.isHolding = false;
    for (const digest of this.transactions.keys()) {
      this.transactions.set(digest, { state: "committed", commitIndex: commitIndex(this.#index) });
    }
    for (const wake of this.waiting.splice(0)) wake();
    for (const update of this.#held.splice(0)) this.commitUpdate(update);
  }

  commitUpdate(update: SignedUpdate): void {
    const blocks = [0, 1, 2].map((author) =>
      this.#block(author, { updates: author === 0 ? [update] : [], acks: [{ update: update.digest, score: null }] }),
    );
    this.commit(blocks);
    this.receipts.set(update.digest, buildReceipt(update.digest, blocks, sha256));
    this.#views.delete(update.digest);
    this.events.publish("update", { update: update.digest });
  }

  commit(blocks: readonly VerifiedBlock[]): void {
    this.#index += 1;
    const commit = sealCommit(
      {
        index: commitIndex(this.#index),
        previous: this.#previous,
        epoch: epoch(0),
        slot: { kind: "P", number: this.#index },
        leader: blocks[0]?.ref ?? { round: round(this.#index), author: validatorIndex(0), digest: zeroDigest() },
        blocks: blocks.map(({ ref }) => ref),
        timestampMs: 1000 * this.#index,
      },
      sha256,
    );
    this.#previous = commit.digest;
    let result = this.ledger.apply({ commit, blocks, consensusStateDigest: zeroDigest() });
    while (result.type === "aggregate") {
      const job = mustExist(result.jobs[0], "a job is open");
      const done = runAggregation(job, {
        sha256,
        chunkBytes: CHUNK_BYTES,
        baseWeights: mustExist(this.blobs.get(job.baseWeightsRoot), "base weights"),
        payloads: job.updates.map(({ payloadRoot: root }) => mustExist(this.blobs.get(root), "payload")),
      });
      if (!done.ok) throw new Error(done.error.detail);
      this.#keep(done.value.weights);
      result = this.ledger.complete(job.id, done.value.outcome);
    }
    if (this.isCertifying) this.certificates.push(this.certify(this.#index, result.stateRoot));
  }

  certify(index: number, stateRoot: Digest, signers: readonly number[] = [0, 1, 2]): CheckpointCertificate {
    const statement = {
      chainId: this.chainId,
      epoch: epoch(0),
      index: commitIndex(index),
      commitDigest: this.#previous,
      stateRoot,
    };
    const signatures = signers.map((author) =>
      signCheckpoint(statement, { validator: validatorIndex(author), signer: testSigner("validator", author) }, sha256),
    );
    return { statement, signatures };
  }

  #finish(
    { update, assembler }: { update: SignedUpdate; assembler: PayloadAssembler },
    payload: Uint8Array,
  ): ReturnType<typeof ok<UpdateView>> | ReturnType<typeof err<ReturnType<typeof rejection>>> {
    for (let index = 0; index * CHUNK_BYTES < payload.length; index += 1) {
      const bytes = payload.slice(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
      const accepted = assembler.accept({ index, bytes });
      if (!accepted.ok) return accepted;
    }
    if (!assembler.isComplete) return err(rejection("PAYLOAD_INCOMPLETE", "too short"));
    this.#submitted.delete(update.digest);
    this.#keep(payload);
    this.#views.set(update.digest, { state: "received" });
    if (this.isHolding) this.#held.push(update);
    else this.commitUpdate(update);
    return ok({ state: "received" });
  }

  #keep(bytes: Uint8Array): void {
    this.blobs.set(payloadRoot(sha256, bytes, CHUNK_BYTES), bytes);
  }

  #block(
    author: number,
    content: { updates: SignedUpdate[]; acks: { update: UpdateDigest; score: null }[] },
  ): VerifiedBlock & SignedBlock {
    const header: Omit<BlockHeader, "acksRoot" | "updatesRoot" | "transactionsRoot" | "controlRoot"> = {
      version: 1,
      chainId: this.chainId,
      epoch: epoch(0),
      round: round(10 * this.#index + 1),
      author: validatorIndex(author),
      parents: [],
      coinShare: null,
      commitVotes: [],
      checkpointVotes: [],
      timestampMs: 0,
    };
    return buildBlock(
      { header, body: { ...content, transactions: [], control: [] } },
      testSigner("validator", author),
      sha256,
    );
  }
}
