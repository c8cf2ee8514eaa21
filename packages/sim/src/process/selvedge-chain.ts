// What all nodes of one run of our protocol share: keys, committee, genesis, coin, and pure facts of bytes that are worked
// out once (is this block good? what is the root of this payload?) instead of at every receiver. Made from the scenario
// alone; holds nothing that a node could not work out by itself.

import {
  type CoinKeys,
  DEFAULT_LOCAL_PARAMS,
  type EngineSetup,
  type LocalParams,
  type SlotFamilies,
  createCoinKeys,
  createEngineMemo,
  createFallbackCoin,
  dealCoinKeys,
  epochSeedOf,
} from "@selvedge/consensus";
import {
  type BlockContext,
  type BlockRejection,
  type ChainId,
  type Committee,
  type Crypto,
  DEFAULT_PROTOCOL_PARAMS,
  type Digest,
  type Genesis,
  type GenesisCoin,
  type ProtocolParams,
  type Result,
  type Signer,
  type VerifiedBlock,
  assert,
  chainIdOf,
  createCommittee,
  dealingSecretOf,
  encryptionKeyOf,
  epoch,
  modelId,
  modelShapeOf,
  mustExist,
  nativeFirstVerify,
  payloadRoot,
  portableCrypto,
  portableSigner,
  validatorIndex,
  verifyBlock,
  weightsOf,
  writeWeights,
} from "@selvedge/integrity";
import type { Scenario } from "../scenario/schema.ts";
import { createModelledCoin, modelledCrypto, modelledSigner, sha256 } from "./modelled-crypto.ts";
import { TOKEN_BYTES } from "./token.ts";

export const SIM_MODEL = modelId("sim");
/** Small, so that even the models of a simulation come in several chunks. */
export const SIM_CHUNK_BYTES = 1024;
const DEVICE_KEYS_FROM = 2000;

export interface SelvedgeFacts {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly crypto: Crypto;
  readonly genesis: Genesis;
  readonly weights: Uint8Array;
  readonly signers: readonly Signer[];
  readonly devices: readonly Signer[];
  readonly context: BlockContext;
  readonly setupOf: (index: number) => EngineSetup;
  /** The block as `verifyBlock` judges its bytes: worked out once for each block. */
  readonly judge: (block: VerifiedBlock) => Result<VerifiedBlock, BlockRejection>;
  /** An honest engine made it: no need to judge. */
  readonly trust: (block: VerifiedBlock) => void;
  readonly rootOf: (payload: Uint8Array) => Digest;
}

export function createSelvedgeFacts(scenario: Scenario, families: SlotFamilies): SelvedgeFacts {
  const isReal = scenario.execution.crypto === "real";
  const crypto = isReal
    ? { sha256, verify: nativeFirstVerify(portableCrypto.verify, () => undefined) }
    : modelledCrypto;
  const signerOf = isReal ? realSigner : (name: number) => modelledSigner(`selvedge-sim/${name}`);
  const signers = Array.from({ length: scenario.committee.size }, (_, index) => signerOf(index));
  const devices = Array.from({ length: scenario.workload.devices ?? 0 }, (_, index) =>
    signerOf(DEVICE_KEYS_FROM + index),
  );
  const stakes = scenario.committee.stakes ?? signers.map(() => 1);
  const members = signers.map(({ publicKey }, index) => ({ stake: stakes[index] ?? 1, publicKey }));
  const committee = createCommittee(epoch(0), members);
  const params = paramsOf(scenario);
  const dealt = isReal && hasEqualStakes(stakes) ? dealOf(committee, scenario.seed) : undefined;
  const weights = initialWeights(scenario.workload.modelSize ?? 4);
  const genesis = makeGenesis({ scenario, members, params, devices, weights, dealt });
  const chainId = chainIdOf(genesis, sha256);
  const coins = coinsOf({ committee, chainId, dealt, isModelled: !isReal && hasEqualStakes(stakes) });
  const context: BlockContext = { chainId, committee, params, crypto, hasCoin: hasEqualStakes(stakes) };
  const local = localOf(scenario);
  // What follows from a block alone is worked out once for all engines, unless each is to decode for itself.
  const memo = scenario.execution.codec === "bytes" ? undefined : createEngineMemo();
  return {
    chainId,
    committee,
    params,
    crypto,
    genesis,
    weights: writeWeights(weights),
    signers,
    devices,
    context,
    ...judgesOf(context),
    setupOf: (index) => ({
      chainId,
      committee,
      params,
      local,
      crypto,
      coin: coins(index),
      validator: { index: validatorIndex(index), signer: mustExist(signers[index], "a member has a signer") },
      slotFamilies: families,
      ...(memo !== undefined && { memo }),
    }),
  };
}

function judgesOf(context: BlockContext): Pick<SelvedgeFacts, "judge" | "trust" | "rootOf"> {
  const judged = new WeakMap<VerifiedBlock, Result<VerifiedBlock, BlockRejection>>();
  const roots = new WeakMap<Uint8Array, Digest>();
  return {
    judge: (block) => {
      const known = judged.get(block);
      if (known !== undefined) return known;
      // What the bytes gave goes on, and not the object that they came in: whoever sent it may have put anything beside
      // them. Receivers share the one as they would share the bytes.
      const verdict = verifyBlock(block.bytes, context);
      judged.set(block, verdict);
      if (verdict.ok) judged.set(verdict.value, verdict);
      return verdict;
    },
    trust: (block) => {
      judged.set(block, { ok: true, value: block });
    },
    rootOf: (payload) => {
      const root = roots.get(payload) ?? payloadRoot(sha256, payload, SIM_CHUNK_BYTES);
      roots.set(payload, root);
      return root;
    },
  };
}

function hasEqualStakes(stakes: readonly number[]): boolean {
  return stakes.every((stake) => stake === 1);
}

function paramsOf({ protocol, workload }: Scenario): ProtocolParams {
  const params = { ...DEFAULT_PROTOCOL_PARAMS, payloadChunkBytes: SIM_CHUNK_BYTES, ...protocol.params };
  const scale = workload.transactionsPerToken ?? 1;
  if (scale === 1) return params;
  // A token stands for many transactions: the bound on their bytes is kept by bounding the tokens.
  const tokenBytesMax = Math.floor((params.transactionBytesMax / (scale * workload.transactionBytes)) * TOKEN_BYTES);
  return { ...params, transactionBytesMax: Math.max(TOKEN_BYTES, tokenBytesMax) };
}

function localOf({ protocol }: Scenario): LocalParams {
  return { ...DEFAULT_LOCAL_PARAMS, ...protocol.local };
}

type Dealt = ReturnType<typeof dealCoinKeys>;

function dealOf(committee: Committee, seed: number): Dealt {
  return dealCoinKeys({
    tickets: committee.validators.map(() => 1),
    threshold: committee.faultyStakeMax,
    seed: seedBytes(seed ^ 0x5e1f),
  });
}

interface CoinSource {
  readonly committee: Committee;
  readonly chainId: ChainId;
  readonly dealt: Dealt | undefined;
  readonly isModelled: boolean;
}

function coinsOf({ committee, chainId, dealt, isModelled }: CoinSource): (index: number) => CoinKeys {
  if (isModelled) return (index) => createModelledCoin(committee, validatorIndex(index));
  if (dealt === undefined) {
    const coin = createFallbackCoin({
      sha256,
      committee,
      epochSeed: epochSeedOf(sha256, { chainId, epoch: committee.epoch }),
    });
    return () => coin;
  }
  const { secretShares, ...publics } = dealt;
  return (index) => {
    const own = {
      validator: validatorIndex(index),
      secretShares: mustExist(secretShares[index], "a member has its shares"),
    };
    const keys = createCoinKeys({ sha256, chainId, committee, ...publics, own });
    assert(keys.ok, "dealt keys are sound");
    return keys.value;
  };
}

interface GenesisParts {
  readonly scenario: Scenario;
  readonly members: readonly { readonly stake: number; readonly publicKey: Uint8Array }[];
  readonly params: ProtocolParams;
  readonly devices: readonly Signer[];
  readonly weights: ReturnType<typeof initialWeights>;
  readonly dealt: Dealt | undefined;
}

function makeGenesis({ scenario, members, params, devices, weights, dealt }: GenesisParts): Genesis {
  const file = writeWeights(weights);
  const coin: GenesisCoin =
    dealt === undefined
      ? { setup: "none", groupPublicKey: new Uint8Array(0) }
      : { setup: "dealer", groupPublicKey: dealt.groupPublicKey };
  return {
    name: `sim-${scenario.seed}`,
    createdMs: 0,
    params,
    validators: members.map((member, index) => ({
      ...member,
      name: `validator-${index}`,
      encryptionKey: encryptionKeyOf(dealingSecretOf(seedBytes(index))),
      coinPublicShares: dealt?.publicShares[index] ?? [],
    })),
    coin,
    devices: devices.map(({ publicKey }, index) => ({ name: `device-${index}`, publicKey })),
    models: [
      {
        id: SIM_MODEL,
        tensors: modelShapeOf(weights),
        weightsRoot: payloadRoot(sha256, file, SIM_CHUNK_BYTES),
        weightsBytes: file.length,
        policy: {
          bufferSize: Math.max(2, Math.min(8, devices.length)),
          minimum: 1,
          windowCommits: 20,
          // Devices that sign faster than versions close meet the bound.
          perDeviceMax: 2,
          maxStaleness: 8,
          sampleWeightMax: 100,
          normMax: 1_000_000 * 65_536,
          aggregator: { name: "weighted-mean", clip: "median-norm" },
        },
      },
    ],
  };
}

function initialWeights(size: number): ReturnType<typeof weightsOf> {
  return weightsOf([{ name: "w", shape: [size], values: new Float32Array(size) }]);
}

function realSigner(name: number): Signer {
  return portableSigner(seedBytes(name));
}

function seedBytes(name: number): Uint8Array {
  const seed = new Uint8Array(32);
  new DataView(seed.buffer).setUint32(0, name);
  seed[31] = 1;
  return seed;
}
