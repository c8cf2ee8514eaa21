// A small chain for tests: a genesis with toy keys, and commits made from a few words. Blocks and updates carry no real
// signatures, which the ledger never looks at. Not for production code.

import {
  type Ack,
  type BlockHeader,
  type ChainId,
  type Committee,
  type ControlEntry,
  type Crypto,
  DEFAULT_PROTOCOL_PARAMS,
  type DealingScheme,
  type DeltaCodec,
  type Digest,
  type EpochStart,
  type Genesis,
  type GenesisCoin,
  type GenesisModel,
  type ModelPolicy,
  type ProtocolParams,
  type Sha256,
  type SignedUpdate,
  type Signer,
  type TensorShape,
  type UpdateHeader,
  type VerifiedBlock,
  type VersionDigest,
  type Weights,
  buildBlock,
  commitIndex,
  createCommittee,
  deviceIdOf,
  digestOf,
  encodeDelta,
  epoch,
  modelId,
  mustExist,
  payloadRoot,
  portableCrypto,
  round,
  sealCommit,
  sequenceNumber,
  signUpdate,
  validatorIndex,
  writeWeights,
  zeroDigest,
} from "@selvedge/integrity";
import { testEncryptionKey } from "@selvedge/integrity/testing";
import type { AggregationJob } from "../aggregate/job.ts";
import { type AggregationResult, runAggregation } from "../aggregate/run-aggregation.ts";
import type { CommitInput, DoneResult, Ledger, LedgerOptions } from "../ledger-api.ts";
import { LEDGER_LIMITS, type LedgerLimits } from "../limits.ts";
import { genesisRecord } from "../module/model.ts";

export interface ScenarioOptions {
  readonly stakes?: readonly number[];
  readonly deviceCount?: number;
  readonly params?: Partial<ProtocolParams>;
  readonly limits?: Partial<LedgerLimits>;
  /** Sound keys and signatures, as a change of the committee needs them. */
  readonly signing?: ScenarioSigning;
  readonly coin?: GenesisCoin;
  readonly dealingScheme?: DealingScheme;
  /** One model each, named `model-a`, `model-b`, … */
  readonly policies?: readonly Partial<ModelPolicy>[];
  readonly sha256?: Sha256;
}

export interface ScenarioSigning {
  readonly verify: Crypto["verify"];
  readonly signerOf: (role: "validator" | "device", index: number) => Signer;
}

export interface UpdateDraft {
  readonly device?: number;
  readonly model?: number;
  readonly sequence?: number;
  readonly base?: VersionDigest;
  readonly sampleCount?: number;
  /** Values of the model's two tensors, five in all. */
  readonly values?: readonly number[];
  readonly codec?: DeltaCodec;
  readonly header?: Partial<UpdateHeader>;
}

export interface BlockDraft {
  readonly author: number;
  readonly updates?: readonly SignedUpdate[];
  readonly acks?: readonly Ack[];
  readonly transactions?: readonly Uint8Array[];
  readonly control?: readonly ControlEntry[];
}

const TENSORS: readonly TensorShape[] = [
  { name: "bias", shape: [2] },
  { name: "kernel", shape: [1, 3] },
];

const POLICY: ModelPolicy = {
  bufferSize: 2,
  minimum: 1,
  windowCommits: 1000,
  perDeviceMax: 1000,
  maxStaleness: 3,
  sampleWeightMax: 1000,
  normMax: 1000 * 2 ** 16,
  aggregator: { name: "weighted-mean", clip: "none" },
};

const CHUNK_BYTES = 1024;
const NO_COIN: GenesisCoin = { setup: "none", groupPublicKey: new Uint8Array(0) };

/** Everything that tests need to drive a ledger and to play its host. */
export class LedgerScenario {
  readonly sha256: Sha256;
  readonly genesis: Genesis;
  readonly committee: Committee;
  readonly chainId: ChainId;
  readonly options: LedgerOptions;
  readonly genesisWeights: Uint8Array = writeWeights(weightsFrom([0, 0, 0, 0, 0]));
  /** Payloads and weights files by root: what a host would keep in its store. */
  readonly blobs: Map<Digest, Uint8Array> = new Map();
  readonly #signing: ScenarioSigning | undefined;
  #epoch = epoch(0);
  #index = 0;
  #previous: CommitInput["commit"]["digest"] = zeroDigest();

  constructor(options: ScenarioOptions = {}) {
    this.sha256 = options.sha256 ?? portableCrypto.sha256;
    this.#signing = options.signing;
    this.genesis = this.#genesisOf(options);
    this.committee = createCommittee(epoch(0), this.genesis.validators);
    this.chainId = digestOf<ChainId>(this.sha256, "chain", Uint8Array.of(7));
    this.options = {
      genesis: this.genesis,
      chainId: this.chainId,
      committee: this.committee,
      crypto: { sha256: this.sha256, verify: options.signing?.verify ?? toyVerify },
      ...(options.dealingScheme && { dealingScheme: options.dealingScheme }),
      ...(options.limits && { limits: { ...LEDGER_LIMITS, ...options.limits } }),
    };
    this.#keep(this.genesisWeights);
  }

  model(position = 0): GenesisModel {
    return mustExist(this.genesis.models[position], "the scenario has the model");
  }

  genesisVersion(position = 0): VersionDigest {
    return genesisRecord(this.sha256, this.model(position)).digest;
  }

  update(draft: UpdateDraft = {}): SignedUpdate {
    const codec = draft.codec ?? "f32";
    const encoded = encodeDelta(weightsFrom(draft.values ?? [1, 2, 3, 4, 5]), codec);
    if (!encoded.ok) throw new Error(encoded.error.detail);
    const signer = this.#device(draft.device ?? 0);
    const { publicKey } = signer;
    const header: UpdateHeader = {
      version: 1,
      chainId: this.chainId,
      deviceId: deviceIdOf(this.sha256, publicKey),
      devicePublicKey: publicKey,
      modelId: this.model(draft.model).id,
      baseVersion: draft.base ?? this.genesisVersion(draft.model),
      sequence: sequenceNumber(draft.sequence ?? 1),
      payloadRoot: this.#keep(encoded.value),
      payloadBytes: encoded.value.length,
      codec,
      sampleCount: draft.sampleCount ?? 10,
      dataSetRoot: null,
      privacy: null,
      ...draft.header,
    };
    return signUpdate(header, signer, this.sha256);
  }

  /** Later commits and blocks are of this epoch. */
  beginEpoch(start: EpochStart): void {
    this.#epoch = start.epoch;
  }

  /** Member `index` of the genesis; with `signing` also who joins later. */
  validator(index: number): Signer {
    return this.#signing?.signerOf("validator", index) ?? toySigner(toyKey(index));
  }

  /** The next commit of this chain. */
  commit(blocks: readonly BlockDraft[] = []): CommitInput {
    this.#index += 1;
    const built = blocks.map((draft, position) => this.#block(draft, position));
    const leader = built[0]?.ref ?? { round: round(this.#index), author: validatorIndex(0), digest: zeroDigest() };
    const commit = sealCommit(
      {
        index: commitIndex(this.#index),
        previous: this.#previous,
        epoch: this.#epoch,
        slot: { kind: "P", number: this.#index },
        leader,
        blocks: built.map(({ ref }) => ref),
        timestampMs: 1000 * this.#index,
      },
      this.sha256,
    );
    this.#previous = commit.digest;
    const consensusStateDigest = digestOf(this.sha256, "consensus-state", Uint8Array.of(this.#index % 256));
    return { commit, blocks: built, consensusStateDigest };
  }

  /** Runs a job as the host's worker would, and keeps the new weights. */
  run(job: AggregationJob): AggregationResult {
    const result = runAggregation(job, {
      sha256: this.sha256,
      chunkBytes: CHUNK_BYTES,
      baseWeights: mustExist(this.blobs.get(job.baseWeightsRoot), "the base weights are kept"),
      payloads: job.updates.map((update) => mustExist(this.blobs.get(update.payloadRoot), "the payload is kept")),
    });
    if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`);
    this.#keep(result.value.weights);
    return result.value;
  }

  /** Executes a commit to its end. */
  execute(ledger: Ledger, input: CommitInput): DoneResult {
    let result = ledger.apply(input);
    while (result.type === "aggregate") {
      const job = mustExist(result.jobs[0], "an answer of jobs names one");
      result = ledger.complete(job.id, this.run(job).outcome);
    }
    return result;
  }

  #keep(bytes: Uint8Array): Digest {
    const root = payloadRoot(this.sha256, bytes, CHUNK_BYTES);
    this.blobs.set(root, bytes);
    return root;
  }

  #block(draft: BlockDraft, position: number): VerifiedBlock {
    const header: Omit<BlockHeader, "acksRoot" | "updatesRoot" | "transactionsRoot" | "controlRoot"> = {
      version: 1,
      chainId: this.chainId,
      epoch: this.#epoch,
      round: round(10 * this.#index + position),
      author: validatorIndex(draft.author),
      parents: [],
      coinShare: null,
      commitVotes: [],
      checkpointVotes: [],
      timestampMs: 0,
    };
    const { updates = [], acks = [], transactions = [], control = [] } = draft;
    const body = { updates, acks, transactions, control };
    return buildBlock({ header, body }, toySigner(toyKey(draft.author)), this.sha256);
  }

  #device(index: number): Signer {
    return this.#signing?.signerOf("device", index) ?? toySigner(toyKey(100 + index));
  }

  #genesisOf(options: ScenarioOptions): Genesis {
    const { stakes = [1, 1, 1, 1], deviceCount = 4, params, policies = [{}], coin = NO_COIN } = options;
    const weightsRoot = payloadRoot(this.sha256, this.genesisWeights, CHUNK_BYTES);
    return {
      name: "scenario",
      createdMs: 0,
      params: { ...DEFAULT_PROTOCOL_PARAMS, payloadChunkBytes: CHUNK_BYTES, ...params },
      validators: stakes.map((stake, index) => ({
        name: `validator-${index}`,
        stake,
        publicKey: this.validator(index).publicKey,
        encryptionKey: this.#signing ? testEncryptionKey(index) : toyKey(index),
        coinPublicShares: coin.setup === "none" ? [] : [coin.groupPublicKey],
      })),
      coin,
      devices: Array.from({ length: deviceCount }, (_, index) => ({
        name: `device-${index}`,
        publicKey: this.#device(index).publicKey,
      })),
      models: policies.map((policy, index) => ({
        id: modelId(`model-${String.fromCharCode(97 + index)}`),
        tensors: TENSORS,
        weightsRoot,
        weightsBytes: this.genesisWeights.length,
        policy: { ...POLICY, ...policy },
      })),
    };
  }
}

/** The scenario's tensors from five values. */
export function weightsFrom(values: readonly number[]): Weights {
  let offset = 0;
  return TENSORS.map(({ name, shape }) => {
    const size = shape.reduce((count, dimension) => count * dimension, 1);
    const part = Float32Array.from(values.slice(offset, offset + size));
    offset += size;
    return { name, shape, values: part };
  });
}

/** Acks of several validators: one block each. */
export function ackBlocks(authors: readonly number[], acks: readonly Ack[]): readonly BlockDraft[] {
  return authors.map((author) => ({ author, acks }));
}

function toyKey(seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed);
}

function toySigner(publicKey: Uint8Array): Signer {
  return { publicKey, sign: () => new Uint8Array(64) };
}

/** True of what a `toySigner` signs, and of nothing else. */
function toyVerify(_publicKey: Uint8Array, _message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && signature.every((byte) => byte === 0);
}
