// Stand-ins for signatures and the coin, hundreds of times as fast: good for honest code and for the villains of this
// package, who sign only what their own keys may sign; safe against nobody. Whoever uses them says so in the report, and a
// cost table puts back the CPU time of the real ones.

import { hash } from "node:crypto";
import type { CoinContribution, CoinKeys, CoinOpening } from "@selvedge/consensus";
import { createStandInCrypto, standInSigner } from "@selvedge/consensus/testing";
import type { CoinIndex, Committee, Crypto, Sha256, Signer, ValidatorIndex } from "@selvedge/integrity";
import { isSameBytes, memberOf, utf8FromText, validatorIndex } from "@selvedge/integrity";

const DIGEST_BYTES = 32;
const PROOF_BYTES = 64;

/** OpenSSL's, by way of latin-1 text: a Buffer back costs twice as much as the hash itself. */
export const sha256: Sha256 = (data) => {
  const text = hash("sha256", data, "latin1");
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let index = 0; index < DIGEST_BYTES; index += 1) digest[index] = text.charCodeAt(index);
  return digest;
};

export const modelledCrypto: Crypto = createStandInCrypto(sha256);

export function modelledSigner(name: string): Signer {
  return standInSigner(sha256, utf8FromText(name));
}

/**
 * A coin that behaves like the threshold one: it opens with good shares of more than F validators, nobody's value is known
 * to the code before, and bad shares are named. The adversary of this package does not compute it beforehand either.
 */
export function createModelledCoin(committee: Committee, own: ValidatorIndex | null): CoinKeys {
  const opened = new Map<CoinIndex, ValidatorIndex>();
  return {
    shareFor: (coin) => (own === null ? null : { points: [pointOf(committee, own, coin)], proof: PROOF }),
    open: (coin, shares) => openModelled(committee, { coin, shares, opened }),
  };
}

const PROOF = new Uint8Array(PROOF_BYTES).fill(1);

interface Consultation {
  readonly coin: CoinIndex;
  readonly shares: readonly CoinContribution[];
  readonly opened: Map<CoinIndex, ValidatorIndex>;
}

function openModelled(committee: Committee, { coin, shares, opened }: Consultation): CoinOpening {
  const authors = new Set<ValidatorIndex>();
  const invalidPositions: number[] = [];
  for (const [position, { author, share }] of shares.entries()) {
    if (authors.size > committee.faultyStakeMax) break;
    const [point] = share.points;
    const isGood = point !== undefined && isSameBytes(point, pointOf(committee, author, coin));
    if (isGood && isSameBytes(share.proof, PROOF)) authors.add(author);
    else invalidPositions.push(position);
  }
  if (authors.size <= committee.faultyStakeMax) return { author: undefined, invalidPositions };
  const known = opened.get(coin) ?? drawnAuthor(committee, coin);
  opened.set(coin, known);
  return { author: known, invalidPositions };
}

function drawnAuthor(committee: Committee, coin: CoinIndex): ValidatorIndex {
  const [first = 0, second = 0, third = 0, fourth = 0] = sha256(labelled("coin", committee, coin));
  const total = committee.validators.reduce((sum, { stake }) => sum + stake, 0);
  let point = (((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0) % total;
  for (const [index, { stake }] of committee.validators.entries()) {
    if (point < stake) return validatorIndex(index);
    point -= stake;
  }
  return validatorIndex(0);
}

/** What the validator's key would make of it: any 32 bytes that nobody else's key gives. */
function pointOf(committee: Committee, author: ValidatorIndex, coin: CoinIndex): Uint8Array {
  return sha256(joined(memberOf(committee, author).publicKey, labelled("share", committee, coin)));
}

function labelled(label: string, committee: Committee, coin: CoinIndex): Uint8Array {
  const anchor = committee.validators[0]?.publicKey ?? new Uint8Array(0);
  return joined(anchor, utf8FromText(`${label}/${coin}`));
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const whole = new Uint8Array(left.length + right.length);
  whole.set(left, 0);
  whole.set(right, left.length);
  return whole;
}
