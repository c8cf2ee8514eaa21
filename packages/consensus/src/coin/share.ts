// One validator's share of one coin: H(chainId, epoch, group key, k) raised to its secret, per ticket, with one proof
// (§6). Making and checking; combining is coin.ts.

import {
  type ChainId,
  type CoinGroup,
  type CoinIndex,
  type CoinShare,
  type Epoch,
  type GroupElement,
  type Scalar,
  digestToBytes,
} from "@selvedge/integrity";
import { bigEndian64 } from "../hash-draw.ts";
import { concatenated } from "./bytes.ts";
import { proveDleq, verifyDleq } from "./dleq.ts";

const POINT_DOMAIN = "selvedge/1/coin-point";

export interface CoinContext {
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  /** 32 bytes. */
  readonly groupPublicKey: Uint8Array;
}

/** One coin of one group key: what every share of it is about. */
export interface CoinPoint {
  readonly context: Uint8Array;
  readonly point: GroupElement;
}

export interface TicketKeys {
  readonly secrets: readonly Scalar[];
  readonly publics: readonly GroupElement[];
}

export function coinPointOf(
  group: CoinGroup,
  { chainId, epoch, groupPublicKey }: CoinContext,
  coin: CoinIndex,
): CoinPoint {
  const context = concatenated([digestToBytes(chainId), bigEndian64(epoch), groupPublicKey, bigEndian64(coin)]);
  return { context, point: group.hashToElement(POINT_DOMAIN, context) };
}

/** Deterministic: the same share whenever it is made. */
export function makeShare(group: CoinGroup, { context, point }: CoinPoint, keys: TicketKeys): CoinShare {
  const shares = keys.secrets.map((secret) => group.multiply(point, secret));
  const proof = proveDleq(group, { context, point, publics: keys.publics, shares }, keys.secrets);
  return { points: shares.map((share) => group.encode(share)), proof };
}

/** The share's elements, one per ticket, if it verifies against the public shares. */
export function verifyShare(
  group: CoinGroup,
  { context, point }: CoinPoint,
  claim: { readonly share: CoinShare; readonly publics: readonly GroupElement[] },
): readonly GroupElement[] | undefined {
  const { share, publics } = claim;
  if (share.points.length !== publics.length) return undefined;
  const shares: GroupElement[] = [];
  for (const bytes of share.points) {
    const element = group.decode(bytes);
    if (element === undefined) return undefined;
    shares.push(element);
  }
  return verifyDleq(group, { context, point, publics, shares }, share.proof) ? shares : undefined;
}
