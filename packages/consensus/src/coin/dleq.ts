// One proof that a list of shares was raised to the same secrets as a list of public shares: Chaum–Pedersen, batched by a
// random combination and made non-interactive by hashing. Pure; the nonce is derived, so nothing draws entropy.

import {
  type CoinGroup,
  type GroupElement,
  SCALAR_SIZE_BYTES,
  type Scalar,
  ZERO_SCALAR,
  assert,
  mustExist,
  scalarAdd,
  scalarFromBytes,
  scalarFromNumber,
  scalarMultiply,
  scalarNegate,
  scalarToBytes,
} from "@selvedge/integrity";
import { bigEndian32 } from "../hash-draw.ts";
import { concatenated } from "./bytes.ts";

const DLEQ_PROOF_SIZE_BYTES: number = 2 * SCALAR_SIZE_BYTES;

/** log_base(publics[i]) = log_point(shares[i]) for all i, where `base` is the group's. */
export interface DleqStatement {
  /** Binds the proof to what it is for. */
  readonly context: Uint8Array;
  readonly point: GroupElement;
  readonly publics: readonly GroupElement[];
  readonly shares: readonly GroupElement[];
}

const CHALLENGE_DOMAIN = "selvedge/1/coin-dleq";
const BATCH_DOMAIN = "selvedge/1/coin-batch";
const NONCE_DOMAIN = "selvedge/1/coin-nonce";

export function proveDleq(group: CoinGroup, statement: DleqStatement, secrets: readonly Scalar[]): Uint8Array {
  const transcript = transcriptOf(group, statement);
  const weights = weightsOf(group, transcript, secrets.length);
  let secret = ZERO_SCALAR;
  for (const [position, weight] of weights.entries()) {
    const term = mustExist(secrets[position], "there is a weight for each secret");
    secret = scalarAdd(secret, scalarMultiply(weight, term));
  }
  // Bound to the secret and to all that the challenge is bound to: never the same nonce for two challenges.
  const nonce = group.hashToScalar(NONCE_DOMAIN, concatenated([scalarToBytes(secret), transcript]));
  const commitments = [group.multiplyBase(nonce), group.multiply(statement.point, nonce)];
  const challenge = challengeOf(group, transcript, commitments);
  const response = scalarAdd(nonce, scalarMultiply(challenge, secret));
  return concatenated([scalarToBytes(challenge), scalarToBytes(response)]);
}

export function verifyDleq(group: CoinGroup, statement: DleqStatement, proof: Uint8Array): boolean {
  if (proof.length !== DLEQ_PROOF_SIZE_BYTES || statement.publics.length !== statement.shares.length) return false;
  const challenge = scalarFromBytes(proof.subarray(0, SCALAR_SIZE_BYTES));
  const response = scalarFromBytes(proof.subarray(SCALAR_SIZE_BYTES));
  if (challenge === undefined || response === undefined) return false;
  const transcript = transcriptOf(group, statement);
  const weights = weightsOf(group, transcript, statement.publics.length);
  // response · base − challenge · Σ weight · public, and the same over the point and the shares.
  const commitmentOver = (base: GroupElement, elements: readonly GroupElement[]): GroupElement =>
    group.sumOfProducts([
      { scalar: response, element: base },
      ...elements.map((element, position) => {
        const weight = mustExist(weights[position], "there is a weight for each element");
        return { scalar: scalarNegate(scalarMultiply(challenge, weight)), element };
      }),
    ]);
  const commitments = [
    commitmentOver(group.base, statement.publics),
    commitmentOver(statement.point, statement.shares),
  ];
  return challengeOf(group, transcript, commitments) === challenge;
}

function challengeOf(group: CoinGroup, transcript: Uint8Array, commitments: readonly GroupElement[]): Scalar {
  const encoded = commitments.map((element) => group.encode(element));
  return group.hashToScalar(CHALLENGE_DOMAIN, concatenated([transcript, ...encoded]));
}

/** The whole statement, each part of known length or preceded by it. */
function transcriptOf(group: CoinGroup, { context, point, publics, shares }: DleqStatement): Uint8Array {
  assert(publics.length === shares.length, "each share has its public share");
  return concatenated([
    bigEndian32(context.length),
    context,
    group.encode(point),
    bigEndian32(publics.length),
    ...[...publics, ...shares].map((element) => group.encode(element)),
  ]);
}

/** The first is 1: combinations are as independent with one weight fixed, and a single share costs nothing extra. */
function weightsOf(group: CoinGroup, transcript: Uint8Array, count: number): readonly Scalar[] {
  return Array.from({ length: count }, (_, position) =>
    position === 0
      ? scalarFromNumber(1)
      : group.hashToScalar(BATCH_DOMAIN, concatenated([bigEndian32(position), transcript])),
  );
}
