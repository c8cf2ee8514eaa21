// A committee, keys and coin for tests, with real ed25519 and coin or with stand-ins a hundred times as fast. The
// stand-in signature is a keyed hash that anybody can make: good for honest code and drawn attacks, safe against nobody.

import {
  type ChainId,
  type Committee,
  type Crypto,
  DEFAULT_PROTOCOL_PARAMS,
  type ProtocolParams,
  type Sha256,
  type SignedUpdate,
  type Signer,
  type UpdateClaim,
  assert,
  createCommittee,
  digestOf,
  epoch,
  modelId,
  mustExist,
  portableCrypto,
  portableSigner,
  sequenceNumber,
  signUpdateClaim,
  validatorIndex,
  zeroDigest,
} from "@selvedge/integrity";
import { createCoinKeys, createFallbackCoin } from "../coin/coin.ts";
import { dealCoinKeys } from "../coin/dealer.ts";
import type { CoinKeys } from "../coin/port.ts";
import { epochSeedOf } from "../commit/leader-schedule.ts";
import type { EngineMemo } from "../memo.ts";
import {
  DEFAULT_LOCAL_PARAMS,
  type EngineEpochBase,
  type EngineSetup,
  type LocalParams,
  type SlotFamilies,
} from "../params.ts";
import { createStandInCrypto, standInSigner } from "./stand-in-crypto.ts";

export interface TestChainOptions {
  readonly size: number;
  readonly params?: Partial<ProtocolParams>;
  readonly local?: Partial<LocalParams>;
  readonly slotFamilies?: SlotFamilies;
  /** Chains of different salt have different leaders. */
  readonly salt?: number;
  /** Default false: stand-in signatures and the public fallback coin. */
  readonly isRealCrypto?: boolean;
  /** One for each validator. Default: 1 each. */
  readonly stakes?: readonly number[];
  /** Another epoch than the first: its number, what it goes on from, and whose keys its validators have. */
  readonly later?: LaterEpoch;
  /** Shared by all engines of the chain. */
  readonly memo?: EngineMemo;
  /** For the stand-ins alone. Default: the portable one. */
  readonly sha256?: Sha256;
}

export interface LaterEpoch {
  readonly epoch: number;
  readonly chainId: ChainId;
  readonly base: EngineEpochBase;
  /** By validator, the index that this key had in the first epoch, or a new number. */
  readonly names: readonly number[];
}

export interface TestChain {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly crypto: Crypto;
  readonly hasCoin: boolean;
  readonly signers: readonly Signer[];
  /** For the validator of that index, or an observer. */
  readonly setupOf: (index: number | null) => EngineSetup;
  /** A signed header of the device with this number; its payload exists nowhere. */
  readonly update: (device: number, sequence: number, variant?: number) => SignedUpdate;
}

export function createTestChain(options: TestChainOptions): TestChain {
  const isReal = options.isRealCrypto === true;
  const sha256 = options.sha256 ?? portableCrypto.sha256;
  const crypto = isReal ? portableCrypto : createStandInCrypto(sha256);
  const signerOf = (name: number): Signer =>
    isReal ? portableSigner(seedBytes(name)) : standInSigner(sha256, seedBytes(name));
  const { later } = options;
  const signers = Array.from({ length: options.size }, (_, index) => signerOf(later?.names[index] ?? index));
  const committee = createCommittee(
    epoch(later?.epoch ?? 0),
    signers.map(({ publicKey }, index) => ({ stake: options.stakes?.[index] ?? 1, publicKey })),
  );
  const chainId = later?.chainId ?? digestOf<ChainId>(sha256, "chain", Uint8Array.of(options.size, options.salt ?? 0));
  const params = { ...DEFAULT_PROTOCOL_PARAMS, ...options.params };
  const coins = isReal ? dealtCoins(chainId, committee) : fallbackCoins(chainId, committee);
  return {
    chainId,
    committee,
    params,
    crypto,
    hasCoin: isReal,
    signers,
    setupOf: (index) => ({
      chainId,
      committee,
      params,
      local: { ...DEFAULT_LOCAL_PARAMS, ...options.local },
      crypto,
      coin: coins(index),
      validator:
        index === null
          ? null
          : { index: validatorIndex(index), signer: mustExist(signers[index], "a member's signer") },
      slotFamilies: options.slotFamilies ?? "both",
      ...(later === undefined ? {} : { epochBase: later.base }),
      ...(options.memo === undefined ? {} : { memo: options.memo }),
    }),
    update: (device, sequence, variant = 0) =>
      signUpdateClaim(updateClaim({ chainId, sequence, variant }), signerOf(200 + device), sha256),
  };
}

function updateClaim(what: {
  readonly chainId: ChainId;
  readonly sequence: number;
  readonly variant: number;
}): UpdateClaim {
  return {
    chainId: what.chainId,
    modelId: modelId("digits"),
    baseVersion: zeroDigest(),
    sequence: sequenceNumber(what.sequence),
    payloadRoot: zeroDigest(),
    payloadBytes: 4096 + what.variant,
    codec: "f32",
    sampleCount: 1,
  };
}

function fallbackCoins(chainId: ChainId, committee: Committee): (index: number | null) => CoinKeys {
  const { sha256 } = portableCrypto;
  const coin = createFallbackCoin({
    sha256,
    committee,
    epochSeed: epochSeedOf(sha256, { chainId, epoch: committee.epoch }),
  });
  return () => coin;
}

function dealtCoins(chainId: ChainId, committee: Committee): (index: number | null) => CoinKeys {
  const tickets = committee.validators.map(() => 1);
  const { secretShares, ...publics } = dealCoinKeys({
    tickets,
    threshold: committee.faultyStakeMax,
    seed: seedBytes(255),
  });
  return (index) => {
    const own =
      index === null
        ? null
        : { validator: validatorIndex(index), secretShares: mustExist(secretShares[index], "a member's shares") };
    const keys = createCoinKeys({ sha256: portableCrypto.sha256, chainId, committee, ...publics, own });
    assert(keys.ok, "dealt keys are sound");
    return keys.value;
  };
}

function seedBytes(name: number): Uint8Array {
  return new Uint8Array(32).fill(name & 0xff);
}
