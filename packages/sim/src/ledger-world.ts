// Consensus and ledger together in virtual time: every validator runs the engine and the ledger that the daemon runs, over
// a network whose delays follow from a seed. Deltas are aggregated at the instant their commit is executed. The
// adversarial laboratory will be built on this; here is the world it starts from.

import { type Message, TestNetwork, type TestRandom } from "@selvedge/consensus/testing";
import {
  type ChainId,
  DEFAULT_PROTOCOL_PARAMS,
  type Digest,
  type Genesis,
  type ModelPolicy,
  type SignedUpdate,
  type VersionDigest,
  type Weights,
  deviceIdOf,
  encodeDelta,
  modelId,
  modelShapeOf,
  mustExist,
  payloadRoot,
  portableCrypto,
  portableSigner,
  sequenceNumber,
  signUpdate,
  weightsOf,
  writeWeights,
} from "@selvedge/integrity";
import { type ApplyResult, type CommitInput, type Ledger, createLedger, runAggregation } from "@selvedge/ledger";

export interface LedgerWorldOptions {
  readonly size: number;
  readonly seed: number;
  readonly deviceCount: number;
  readonly policy: ModelPolicy;
  /** Milliseconds on the way; undefined loses the message. */
  readonly delay?: (message: Message, random: TestRandom) => number | undefined;
}

export interface WorldUpdate {
  readonly device: number;
  readonly sequence: number;
  readonly base: VersionDigest;
  /** The delta's only tensor. */
  readonly values: readonly number[];
}

const MODEL = modelId("world");
const TENSOR_SIZE = 4;
const CHUNK_BYTES = 1024;
const { sha256 } = portableCrypto;

export class LedgerWorld {
  readonly network: TestNetwork;
  readonly genesis: Genesis;
  /** State root by commit index, of each validator in the order of the committee. */
  readonly stateRoots: readonly Map<number, Digest>[];
  readonly #ledgers: Ledger[];
  /** Payloads and weights by root. Shared: in this world every payload is everywhere. */
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #chainId: ChainId;

  constructor(options: LedgerWorldOptions) {
    const roots = Array.from({ length: options.size }, () => new Map<number, Digest>());
    this.stateRoots = roots;
    this.network = new TestNetwork({
      size: options.size,
      seed: options.seed,
      ...(options.delay && { delay: options.delay }),
      hostOf: (index) => ({
        isUpdateAccepted: ({ header }) => this.ledger(index).checkUpdate(header).ok,
        stateRootOf: ({ sealed, blocks, consensusStateDigest }) =>
          this.#execute(index, { commit: sealed, blocks, consensusStateDigest }),
      }),
    });
    const { chain } = this.network;
    this.#chainId = chain.chainId;
    this.genesis = this.#makeGenesis(options);
    const shared = { genesis: this.genesis, chainId: chain.chainId, committee: chain.committee, crypto: chain.crypto };
    this.#ledgers = roots.map(() => createLedger(shared));
  }

  ledger(index: number): Ledger {
    return mustExist(this.#ledgers[index], "a validator has a ledger");
  }

  /** Digest of the newest version that this validator has executed. */
  newestVersion(index: number): VersionDigest {
    return mustExist(this.ledger(index).model(MODEL), "the world has one model").current.digest;
  }

  /** A device hands its update to a gateway, which proposes the header; the payload is everywhere at once. */
  submit(gateway: number, draft: WorldUpdate): SignedUpdate {
    const update = this.#sign(draft);
    this.network.host(gateway).feed({ type: "localContent", updates: [update], transactions: [], control: [] });
    return update;
  }

  #execute(index: number, input: CommitInput): Digest {
    const ledger = this.ledger(index);
    let result: ApplyResult = ledger.apply(input);
    while (result.type === "aggregate") {
      const job = mustExist(result.jobs[0], "an aggregate result has an open job");
      const done = runAggregation(job, {
        sha256,
        chunkBytes: CHUNK_BYTES,
        baseWeights: this.#blob(job.baseWeightsRoot),
        payloads: job.updates.map(({ payloadRoot: root }) => this.#blob(root)),
      });
      if (!done.ok) throw new Error(done.error.detail);
      this.#keep(done.value.weights);
      result = ledger.complete(job.id, done.value.outcome);
    }
    mustExist(this.stateRoots[index], "a validator has state roots").set(result.index, result.stateRoot);
    return result.stateRoot;
  }

  #sign(draft: WorldUpdate): SignedUpdate {
    const signer = portableSigner(deviceSeed(draft.device));
    const payload = encodeDelta(worldWeights(draft.values), "f32");
    if (!payload.ok) throw new Error(payload.error.detail);
    return signUpdate(
      {
        version: 1,
        chainId: this.#chainId,
        deviceId: deviceIdOf(sha256, signer.publicKey),
        devicePublicKey: signer.publicKey,
        modelId: MODEL,
        baseVersion: draft.base,
        sequence: sequenceNumber(draft.sequence),
        payloadRoot: this.#keep(payload.value),
        payloadBytes: payload.value.length,
        codec: "f32",
        sampleCount: 1,
        dataSetRoot: null,
        privacy: null,
      },
      signer,
      sha256,
    );
  }

  #makeGenesis({ deviceCount, policy }: LedgerWorldOptions): Genesis {
    const weights = worldWeights(Array.from({ length: TENSOR_SIZE }, () => 0));
    const file = writeWeights(weights);
    return {
      name: "world",
      createdMs: 0,
      params: { ...DEFAULT_PROTOCOL_PARAMS, payloadChunkBytes: CHUNK_BYTES },
      validators: this.network.chain.committee.validators.map(({ stake, publicKey }, index) => ({
        name: `validator-${index}`,
        stake,
        publicKey,
        coinPublicShares: [],
      })),
      coin: { setup: "none", groupPublicKey: new Uint8Array(0) },
      devices: Array.from({ length: deviceCount }, (_, index) => ({
        name: `device-${index}`,
        publicKey: portableSigner(deviceSeed(index)).publicKey,
      })),
      models: [
        { id: MODEL, tensors: modelShapeOf(weights), weightsRoot: this.#keep(file), weightsBytes: file.length, policy },
      ],
    };
  }

  #keep(bytes: Uint8Array): Digest {
    const root = payloadRoot(sha256, bytes, CHUNK_BYTES);
    this.#blobs.set(root, bytes);
    return root;
  }

  #blob(root: Digest): Uint8Array {
    return mustExist(this.#blobs.get(root), "payloads are everywhere in this world");
  }
}

function worldWeights(values: readonly number[]): Weights {
  return weightsOf([{ name: "w", shape: [TENSOR_SIZE], values: Float32Array.from(values) }]);
}

function deviceSeed(index: number): Uint8Array {
  return new Uint8Array(32).fill(index + 1);
}
