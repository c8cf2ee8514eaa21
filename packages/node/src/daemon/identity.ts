// Who this node is: the keys it runs with, and its place in each epoch's committee.

import { stat } from "node:fs/promises";
import { type CoinKeys, createCoinKeys, createFallbackCoin, dealtSecretShares, epochSeedOf } from "@selvedge/consensus";
import {
  type ChainId,
  type Committee,
  type Signer,
  type ValidatorIndex,
  bytesFromHex,
  dealingSecretOf,
  hexFromBytes,
  mustExist,
} from "@selvedge/integrity";
import type { KeyDealings } from "@selvedge/ledger";
import type { HomePaths } from "../config/home.ts";
import { createNodeSigner, sha256 } from "../crypto.ts";
import type { EpochAt } from "../epoch/epoch-at.ts";
import { NodeError, isSystemError } from "../errors.ts";
import { openKeyFile } from "../keys/keystore.ts";

export interface NodeIdentity {
  /** Null for an observer, and in an epoch whose committee does not name a key of ours. */
  readonly validator: { readonly index: ValidatorIndex; readonly signer: Signer } | null;
  /** Seed of the libp2p identity. */
  readonly networkSecret: Uint8Array;
  /** Secret shares of a dealer's coin key, 32 bytes a ticket; null without. */
  readonly coinSecret: Uint8Array | null;
  /** The keys with which this node may be a member, in one epoch or another. `validator` is then made anew for each. */
  readonly memberKeys?: readonly MemberKey[];
}

/** One secret, from which a member's two keys follow. */
export interface MemberKey {
  readonly signer: Signer;
  readonly signingSeed: Uint8Array;
}

export function memberKeyOf(signingSeed: Uint8Array): MemberKey {
  return { signer: createNodeSigner(signingSeed), signingSeed };
}

/** Who the node is in an epoch: the member whose key it holds, or an observer. */
export function identityIn(identity: NodeIdentity, committee: Committee): NodeIdentity {
  if (identity.memberKeys === undefined) return identity;
  for (const { signer } of identity.memberKeys) {
    const own = hexFromBytes(signer.publicKey);
    const member = committee.validators.find(({ publicKey }) => hexFromBytes(publicKey) === own);
    if (member !== undefined) return { ...identity, validator: { index: member.index, signer } };
  }
  return { ...identity, validator: null };
}

export interface IdentityOptions {
  readonly role: "validator" | "observer";
  readonly paths: HomePaths;
  readonly committee: Committee;
  readonly password: string;
}

/** The committee is that of the first epoch; whether a key is a member's later on is found out when that epoch begins. */
export async function openIdentity(options: IdentityOptions): Promise<NodeIdentity> {
  const { role, paths, password, committee } = options;
  const path = role === "validator" ? paths.validatorKey : paths.nodeKey;
  const key = await openKeyFile(path, password);
  if (key.secrets.network === undefined) throw new NodeError("KEY_MALFORMED", `${path} holds no network secret`);
  const networkSecret = bytesFromHex(key.secrets.network);
  if (role === "observer") return { validator: null, networkSecret, coinSecret: null };
  const memberKeys = [memberKeyOf(bytesFromHex(key.secrets.signing)), ...(await nextKeys(paths, password))];
  const coinSecret = key.secrets.coin === undefined ? null : bytesFromHex(key.secrets.coin);
  return identityIn({ validator: null, networkSecret, coinSecret, memberKeys }, committee);
}

/** The key that takes the place of the present one once an epoch names it (`selvedge validator rotate-key`). */
async function nextKeys(paths: HomePaths, password: string): Promise<readonly MemberKey[]> {
  if (!(await isFile(paths.nextValidatorKey))) return [];
  const { secrets } = await openKeyFile(paths.nextValidatorKey, password);
  return [memberKeyOf(bytesFromHex(secrets.signing))];
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return false;
    throw new NodeError("IO_FAILED", `cannot look at ${path}`, { cause });
  }
}

export interface CoinOptions {
  readonly at: EpochAt;
  readonly chainId: ChainId;
  readonly identity: NodeIdentity;
  /** The dealings that made the epoch's key; null if it was not made over the chain. */
  readonly keyDealings: KeyDealings | null;
}

/** The epoch's threshold coin, or the foreseeable fallback where it has no group key. */
export function openCoin(options: CoinOptions): CoinKeys {
  const { at, chainId, identity } = options;
  const { start, committee, startDigest } = at;
  if (start.coin.setup === "none") {
    const epochSeed = epochSeedOf(sha256, { chainId, epoch: committee.epoch, startDigest });
    return createFallbackCoin({ sha256, committee, epochSeed });
  }
  const { validator } = identity;
  const keys = createCoinKeys({
    sha256,
    chainId,
    committee,
    groupPublicKey: start.coin.groupPublicKey,
    publicShares: start.members.map(({ coinPublicShares }) => coinPublicShares),
    own: validator === null ? null : { validator: validator.index, secretShares: ownShares(options, validator) },
  });
  if (!keys.ok) throw new NodeError("CONFIG_INVALID", `the coin keys do not hold: ${keys.error.detail}`);
  return keys.value;
}

type OwnValidator = NonNullable<NodeIdentity["validator"]>;

function ownShares(options: CoinOptions, validator: OwnValidator): readonly Uint8Array[] {
  if (options.at.start.coin.setup === "dealt") return sharesOfDealings(options, validator);
  const { coinSecret } = options.identity;
  if (coinSecret === null) {
    throw new NodeError(
      "KEY_MALFORMED",
      "this network has a group key, but the validator's key file holds no share of it",
    );
  }
  const count = Math.ceil(coinSecret.length / SHARE_BYTES);
  return Array.from({ length: count }, (_, ticket) =>
    coinSecret.slice(ticket * SHARE_BYTES, (ticket + 1) * SHARE_BYTES),
  );
}

/** Our shares of a key that was made over the chain: from the chain and our signing key's seed, nothing else. */
function sharesOfDealings(
  { at, chainId, identity, keyDealings }: CoinOptions,
  own: OwnValidator,
): readonly Uint8Array[] {
  const { start, previous } = at;
  const key = identity.memberKeys?.find(({ signer }) => signer === own.signer);
  if (key === undefined)
    throw new NodeError("KEY_MALFORMED", "the secret to which our coin shares were dealt is not here");
  if (previous === null || keyDealings === null)
    throw new NodeError("DATA_CORRUPT", "the dealings of the epoch's coin key are not in the state");
  const shares = dealtSecretShares({
    sha256,
    recipient: own.index,
    encryptionSecret: dealingSecretOf(key.signingSeed),
    dealings: keyDealings.dealings.map(({ dealer, bytes }) => {
      const { publicKey } = mustExist(previous.members[dealer], "a dealer was a member");
      const { proposal } = keyDealings;
      const context = { chainId, epoch: start.epoch, proposal, dealerPublicKey: publicKey, recipients: start.members };
      return { bytes, context };
    }),
  });
  if (!shares.ok) throw new NodeError("DATA_CORRUPT", `our coin shares: ${shares.error.detail}`);
  return shares.value;
}

const SHARE_BYTES = 32;
