// One repetition of a dealing (§6): a random mask, encrypted to the holders of all tickets at once, everything from one
// seed. The dealer makes it, everybody makes it again when the seed is shown, and holders take their pads off.

import {
  type DealingRecipient,
  type GroupElement,
  type Result,
  type Rejection,
  type Scalar,
  err,
  mustExist,
  ok,
  rejection,
  ristrettoGroup,
  scalarAdd,
  scalarToBytes,
} from "@selvedge/integrity";
import { bigEndian32 } from "../hash-draw.ts";
import { concatenated } from "./bytes.ts";
import type { DealingShape, RepetitionCommitment } from "./dealing-format.ts";
import { evaluatePolynomial } from "./interpolation.ts";

const MASK_DOMAIN = "selvedge/1/dealing-mask";
const NONCE_DOMAIN = "selvedge/1/dealing-nonce";
const PAD_DOMAIN = "selvedge/1/dealing-pad";

/** What all repetitions of a dealing have in common. */
export interface RepetitionSetup {
  readonly shape: DealingShape;
  readonly contextBytes: Uint8Array;
  /** Encryption keys by recipient, prepared for many products. */
  readonly keys: readonly GroupElement[];
}

export interface Repetition {
  readonly mask: readonly Scalar[];
  readonly commitment: RepetitionCommitment;
}

/** Function of the seed and of what is public. */
export function repetitionFrom(setup: RepetitionSetup, number: number, seed: Uint8Array): Repetition {
  const group = ristrettoGroup;
  const { coefficients, tickets } = setup.shape;
  const mask = Array.from({ length: coefficients }, (_, power) =>
    group.hashToScalar(MASK_DOMAIN, concatenated([bigEndian32(power), seed])),
  );
  const nonce = group.hashToScalar(NONCE_DOMAIN, seed);
  const nonceElement = group.multiplyPublic(group.base, nonce);
  const about = padContext(setup.contextBytes, number, nonceElement);
  const padded: Uint8Array[] = [];
  for (const [recipient, count] of tickets.counts.entries()) {
    if (count === 0) continue;
    const key = mustExist(setup.keys[recipient], "every recipient has a key");
    const shared = group.encode(group.multiplyPublic(key, nonce));
    for (let ticket = 0; ticket < count; ticket += 1) {
      const number = padded.length + 1;
      padded.push(scalarToBytes(scalarAdd(evaluatePolynomial(mask, number), padOf(about, number, shared))));
    }
  }
  const maskCommitments = mask.map((coefficient) => group.multiplyPublic(group.base, coefficient));
  return { mask, commitment: { maskCommitments, nonceElement, padded } };
}

/** Binds the pads to the dealing, the repetition and its nonce. */
export function padContext(contextBytes: Uint8Array, repetition: number, nonceElement: GroupElement): Uint8Array {
  return concatenated([contextBytes, bigEndian32(repetition), ristrettoGroup.encode(nonceElement)]);
}

/** `shared` is the nonce times the holder's key, or the holder's secret times the nonce's element. */
export function padOf(about: Uint8Array, ticket: number, shared: Uint8Array): Scalar {
  return ristrettoGroup.hashToScalar(PAD_DOMAIN, concatenated([about, bigEndian32(ticket), shared]));
}

/** Beyond this many a table per key takes more memory than it is worth. */
const PREPARED_KEYS_MAX = 128;

export function recipientKeys(recipients: readonly DealingRecipient[]): Result<readonly GroupElement[], Rejection> {
  const keys = recipients
    .map(({ encryptionKey }) => ristrettoGroup.decode(encryptionKey))
    .filter((key) => key !== undefined);
  if (keys.length !== recipients.length) {
    return err(rejection("DEALING_ELEMENT", "an encryption key is no group element"));
  }
  return ok(keys.length <= PREPARED_KEYS_MAX ? keys.map(ristrettoGroup.prepared) : keys);
}
