// The coin as the engine consults it (§6): threshold Diffie–Hellman over shares of more than F_T tickets, or, where an
// epoch has no group key, a value that everybody can foresee. There is never "no coin".

import {
  type ChainId,
  type CoinGroup,
  type CoinIndex,
  type CoinTickets,
  type Committee,
  type Digest,
  type GroupElement,
  type Rejection,
  type Result,
  type Scalar,
  type Sha256,
  type ValidatorIndex,
  assert,
  coinTicketsOf,
  digestOf,
  digestToBytes,
  err,
  firstTicketOf,
  mustExist,
  ok,
  rejection,
  ristrettoGroup,
  scalarFromBytes,
} from "@selvedge/integrity";
import { HashDraw, bigEndian64 } from "../hash-draw.ts";
import { isOnePolynomial, lagrangeWeights } from "./interpolation.ts";
import type { CoinContribution, CoinKeys, CoinOpening } from "./port.ts";
import { type CoinPoint, coinPointOf, makeShare, verifyShare } from "./share.ts";

export interface CoinKeysSetup {
  readonly sha256: Sha256;
  readonly chainId: ChainId;
  readonly committee: Committee;
  /** 32 bytes, from the genesis. */
  readonly groupPublicKey: Uint8Array;
  /** By validator, one 32-byte element per ticket, from the genesis. */
  readonly publicShares: readonly (readonly Uint8Array[])[];
  /** Null in an observer. */
  readonly own: { readonly validator: ValidatorIndex; readonly secretShares: readonly Uint8Array[] } | null;
}

/** The parts that verification and combination read. */
interface CoinVerifier {
  readonly setup: CoinKeysSetup;
  readonly group: CoinGroup;
  readonly tickets: CoinTickets;
  readonly publics: readonly (readonly GroupElement[])[];
}

/** Refuses keys of which different shares could open different coins. */
export function createCoinKeys(setup: CoinKeysSetup): Result<CoinKeys, Rejection> {
  const group = ristrettoGroup;
  const tickets = coinTicketsOf(setup.committee.validators);
  if (!tickets.ok) return tickets;
  const publics = decodedPublics(group, setup, tickets.value);
  if (!publics.ok) return publics;
  const verifier: CoinVerifier = { setup, group, tickets: tickets.value, publics: publics.value };
  const secrets = ownSecrets(verifier);
  if (!secrets.ok) return secrets;
  return ok({
    shareFor: (coin) => {
      if (setup.own === null) return null;
      const ownPublics = mustExist(verifier.publics[setup.own.validator], "a validator is a member");
      const keys = { secrets: secrets.value, publics: ownPublics };
      return makeShare(group, coinPointOf(group, contextOf(setup), coin), keys);
    },
    open: (coin, shares) => openCoin(verifier, coin, shares),
  });
}

export interface FallbackCoinSetup {
  readonly sha256: Sha256;
  readonly committee: Committee;
  readonly epochSeed: Digest;
}

/** coin(k) = H(epoch seed, k): safe, but an adversary knows every author in advance. */
export function createFallbackCoin({ sha256, committee, epochSeed }: FallbackCoinSetup): CoinKeys {
  return {
    shareFor: () => null,
    open: (coin) => {
      const seed = digestOf(sha256, "coin", digestToBytes(epochSeed), bigEndian64(coin));
      return { author: drawnAuthor(sha256, committee, seed), invalidPositions: [] };
    },
  };
}

/** Verifies shares by rising author until they suffice, and no more (lazily, §6). */
function openCoin(verifier: CoinVerifier, coin: CoinIndex, shares: readonly CoinContribution[]): CoinOpening {
  const { setup, group, tickets, publics } = verifier;
  const needed = tickets.faultyMax + 1;
  if (ticketsOffered(shares, tickets) < needed) return { author: undefined, invalidPositions: [] };
  const about = coinPointOf(group, contextOf(setup), coin);
  const valid = new Map<number, GroupElement>();
  const invalidPositions: number[] = [];
  const proven = new Set<ValidatorIndex>();
  for (const position of byAuthor(shares)) {
    if (valid.size >= needed) break;
    const { author, share } = mustExist(shares[position], "the position is one of the shares'");
    if (proven.has(author)) continue;
    const ofAuthor = mustExist(publics[author], "a share's author is a member");
    const elements = verifyShare(group, about, { share, publics: ofAuthor });
    if (elements === undefined) {
      invalidPositions.push(position);
      continue;
    }
    proven.add(author);
    for (const [offset, element] of elements.entries()) valid.set(firstTicketOf(tickets, author) + offset, element);
  }
  const author = valid.size >= needed ? authorOf(verifier, about, [...valid].slice(0, needed)) : undefined;
  return { author, invalidPositions };
}

/** Stake-proportional, from the one value that any F_T + 1 valid shares interpolate. */
function authorOf(
  { setup, group }: CoinVerifier,
  about: CoinPoint,
  tickets: readonly (readonly [number, GroupElement])[],
): ValidatorIndex {
  const weights = lagrangeWeights(tickets.map(([ticket]) => ticket));
  const value = group.sumOfProducts(
    tickets.map(([, element], position) => ({
      scalar: mustExist(weights[position], "every ticket has a weight"),
      element,
    })),
  );
  const seed = digestOf(setup.sha256, "coin", about.context, group.encode(value));
  return drawnAuthor(setup.sha256, setup.committee, seed);
}

function drawnAuthor(sha256: Sha256, committee: Committee, seed: Digest): ValidatorIndex {
  const point = new HashDraw({ sha256, kind: "coin", seed }).below(committee.totalStake);
  let upTo = 0;
  const drawn = committee.validators.find(({ stake }) => {
    upTo += stake;
    return point < upTo;
  });
  return mustExist(drawn, "a draw is below the total stake").index;
}

function byAuthor(shares: readonly CoinContribution[]): readonly number[] {
  return [...shares.entries()]
    .toSorted(([left, { author: first }], [right, { author: second }]) => first - second || left - right)
    .map(([position]) => position);
}

function ticketsOffered(shares: readonly CoinContribution[], { counts }: CoinTickets): number {
  let sum = 0;
  for (const author of new Set(shares.map((share) => share.author))) sum += counts[author] ?? 0;
  return sum;
}

function decodedPublics(
  group: CoinGroup,
  setup: CoinKeysSetup,
  tickets: CoinTickets,
): Result<readonly (readonly GroupElement[])[], Rejection> {
  const groupKey = group.decode(setup.groupPublicKey);
  if (groupKey === undefined) return err(rejection("COIN_KEY_MALFORMED", "the group key is no group element"));
  const publics: (readonly GroupElement[])[] = [];
  for (const [validator, count] of tickets.counts.entries()) {
    const encoded = setup.publicShares[validator] ?? [];
    const elements = encoded.map((bytes) => group.decode(bytes)).filter((element) => element !== undefined);
    if (encoded.length !== count || elements.length !== count) {
      return err(rejection("COIN_KEY_MALFORMED", `public shares of validator ${validator} are not ${count} elements`));
    }
    publics.push(elements);
  }
  return isOnePolynomial(group, [groupKey, ...publics.flat()], tickets.faultyMax)
    ? ok(publics)
    : err(rejection("COIN_KEY_INCONSISTENT", "the public shares do not belong to the group key"));
}

function ownSecrets({ setup, group, publics }: CoinVerifier): Result<readonly Scalar[], Rejection> {
  if (setup.own === null) return ok([]);
  assert(setup.own.validator < publics.length, "a validator is a member");
  const secrets = setup.own.secretShares.map(scalarFromBytes);
  const sound = secrets.filter((secret) => secret !== undefined);
  const ofOwn = publics[setup.own.validator] ?? [];
  const isOwn = (element: GroupElement, position: number): boolean => {
    const secret = sound[position];
    return secret !== undefined && group.isEqual(group.multiplyBase(secret), element);
  };
  return sound.length === ofOwn.length && secrets.length === sound.length && ofOwn.every(isOwn)
    ? ok(sound)
    : err(rejection("COIN_SECRET_MISMATCH", "the secret shares are not those of our public shares"));
}

function contextOf({ chainId, committee, groupPublicKey }: CoinKeysSetup): Parameters<typeof coinPointOf>[1] {
  return { chainId, epoch: committee.epoch, groupPublicKey };
}
