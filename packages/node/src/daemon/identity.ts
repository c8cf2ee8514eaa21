// Who this node is: the keys it runs with, and its place in the committee.

import { type CoinKeys, createCoinKeys, createFallbackCoin, epochSeedOf } from "@selvedge/consensus";
import {
  type ChainId,
  type Committee,
  type Genesis,
  type Signer,
  type ValidatorIndex,
  bytesFromHex,
  hexFromBytes,
} from "@selvedge/integrity";
import type { HomePaths } from "../config/home.ts";
import { createNodeSigner, sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import { openKeyFile } from "../keys/keystore.ts";

export interface NodeIdentity {
  /** Null for an observer. */
  readonly validator: { readonly index: ValidatorIndex; readonly signer: Signer } | null;
  /** Seed of the libp2p identity. */
  readonly networkSecret: Uint8Array;
  readonly coinSecret: Uint8Array | null;
}

export interface IdentityOptions {
  readonly role: "validator" | "observer";
  readonly paths: HomePaths;
  readonly committee: Committee;
  readonly password: string;
}

export async function openIdentity(options: IdentityOptions): Promise<NodeIdentity> {
  const path = options.role === "validator" ? options.paths.validatorKey : options.paths.nodeKey;
  const key = await openKeyFile(path, options.password);
  if (key.secrets.network === undefined) throw new NodeError("KEY_MALFORMED", `${path} holds no network secret`);
  const networkSecret = bytesFromHex(key.secrets.network);
  if (options.role === "observer") return { validator: null, networkSecret, coinSecret: null };
  const signer = createNodeSigner(bytesFromHex(key.secrets.signing));
  const member = options.committee.validators.find(
    ({ publicKey }) => hexFromBytes(publicKey) === hexFromBytes(signer.publicKey),
  );
  if (member === undefined) {
    throw new NodeError("CONFIG_INVALID", `the key ${key.publicKey} is not that of a validator of this network`);
  }
  const coinSecret = key.secrets.coin === undefined ? null : bytesFromHex(key.secrets.coin);
  return { validator: { index: member.index, signer }, networkSecret, coinSecret };
}

export interface CoinOptions {
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly identity: NodeIdentity;
}

/** The threshold coin of the genesis, or the foreseeable fallback where it has no group key. */
export function openCoin({ genesis, chainId, committee, identity }: CoinOptions): CoinKeys {
  if (genesis.coin.setup === "none") {
    return createFallbackCoin({ sha256, committee, epochSeed: epochSeedOf(sha256, chainId, committee.epoch) });
  }
  const { validator, coinSecret } = identity;
  if (validator !== null && coinSecret === null) {
    throw new NodeError(
      "KEY_MALFORMED",
      "this network has a group key, but the validator's key file holds no share of it",
    );
  }
  const keys = createCoinKeys({
    sha256,
    chainId,
    committee,
    groupPublicKey: genesis.coin.groupPublicKey,
    publicShares: genesis.validators.map(({ coinPublicShares }) => coinPublicShares),
    own: validator === null || coinSecret === null ? null : { validator: validator.index, secretShares: [coinSecret] },
  });
  if (!keys.ok) throw new NodeError("CONFIG_INVALID", `the coin keys do not hold: ${keys.error.detail}`);
  return keys.value;
}
