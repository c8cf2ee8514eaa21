// How a dealing of a coin key is laid out (§6): how many elements there are of what, which repetitions are opened, what
// each of them hashes to. Strict and bounded: every dealing for given recipients has one size, known beforehand.

import {
  type CoinTickets,
  type DealingContext,
  type DealingRecipient,
  type Digest,
  type GroupElement,
  type Rejection,
  type Result,
  type Scalar,
  type Sha256,
  ZERO_SCALAR,
  coinTicketsOf,
  digestFromBytes,
  digestOf,
  digestToBytes,
  err,
  ok,
  rejection,
  ristrettoGroup,
  scalarFromBytes,
} from "@selvedge/integrity";
import { HashDraw, bigEndian32, bigEndian64 } from "../hash-draw.ts";

/** A cheat passes with probability 1 / C(144, 52) < 2^-128 per challenge that its maker computes. */
export const REPETITIONS = 144;
/** Repetitions whose mask is used instead of shown: each carries every share; one honest one is enough. */
export const UNOPENED = 52;

const WORD_BYTES = 32;

export interface DealingShape {
  readonly tickets: CoinTickets;
  /** F_T + 1, of the secret's polynomial and of every mask. */
  readonly coefficients: number;
  readonly sizeBytes: number;
}

export interface OpenedRepetition {
  readonly type: "opened";
  /** From which the mask and its encryption follow. */
  readonly seed: Uint8Array;
}

export interface UsedRepetition {
  readonly type: "used";
  /** Ephemeral key of the encryption, one for all recipients. */
  readonly nonceElement: GroupElement;
  /** Coefficients of the secret's polynomial plus the mask. */
  readonly maskedCoefficients: readonly Scalar[];
  /** By ticket: the mask at the ticket's number, plus a pad that only its holder and the dealer know. */
  readonly padded: readonly Scalar[];
}

export interface Dealing {
  readonly shape: DealingShape;
  /** Feldman's: the coefficients of the secret's polynomial, times the base. */
  readonly commitments: readonly GroupElement[];
  readonly challenge: Digest;
  readonly repetitions: readonly (OpenedRepetition | UsedRepetition)[];
}

export function dealingShapeOf(recipients: readonly DealingRecipient[]): Result<DealingShape, Rejection> {
  const tickets = coinTicketsOf(recipients);
  if (!tickets.ok) return tickets;
  const { total, faultyMax } = tickets.value;
  const coefficients = faultyMax + 1;
  const usedWords = 1 + coefficients + total;
  const words = coefficients + 1 + (REPETITIONS - UNOPENED) + UNOPENED * usedWords;
  return ok({ tickets: tickets.value, coefficients, sizeBytes: WORD_BYTES * words });
}

/** Binds a dealing to its chain, change, dealer and recipients: 32 bytes. */
export function dealingContextBytes(sha256: Sha256, context: DealingContext): Uint8Array {
  const { chainId, epoch, proposal, dealerPublicKey, recipients } = context;
  const digest = digestOf(
    sha256,
    "dealing",
    digestToBytes(chainId),
    bigEndian64(epoch),
    digestToBytes(proposal),
    dealerPublicKey,
    bigEndian32(recipients.length),
    ...recipients.flatMap(({ stake, encryptionKey }) => [bigEndian64(stake), encryptionKey]),
  );
  return digestToBytes(digest);
}

/** What the dealer fixes of a repetition before it learns whether it is to be opened. */
export interface RepetitionCommitment {
  readonly maskCommitments: readonly GroupElement[];
  readonly nonceElement: GroupElement;
  readonly padded: readonly Uint8Array[];
}

export function repetitionDigest(sha256: Sha256, commitment: RepetitionCommitment): Digest {
  const { maskCommitments, nonceElement, padded } = commitment;
  const elements = [...maskCommitments, nonceElement].map((element) => ristrettoGroup.encode(element));
  return digestOf(sha256, "dealing", ...elements, ...padded);
}

export interface ChallengeSource {
  readonly contextBytes: Uint8Array;
  readonly commitments: readonly GroupElement[];
  readonly repetitions: readonly Digest[];
}

export function challengeOf(sha256: Sha256, { contextBytes, commitments, repetitions }: ChallengeSource): Digest {
  return digestOf(
    sha256,
    "dealing",
    contextBytes,
    ...commitments.map((element) => ristrettoGroup.encode(element)),
    ...repetitions.map(digestToBytes),
  );
}

/** The repetitions that are used and not opened, drawn from the challenge: the first ones of a shuffle. */
export function usedRepetitionsOf(sha256: Sha256, challenge: Digest): ReadonlySet<number> {
  const draw = new HashDraw({ sha256, kind: "dealing", seed: challenge });
  const order = Array.from({ length: REPETITIONS }, (_, repetition) => repetition);
  for (let at = 0; at < UNOPENED; at += 1) {
    const other = at + draw.below(REPETITIONS - at);
    const [mine, theirs] = [order[at] ?? 0, order[other] ?? 0];
    order[at] = theirs;
    order[other] = mine;
  }
  return new Set(order.slice(0, UNOPENED));
}

/** Untrusted bytes to a dealing whose every element is one; whether it is honest is dealing.ts's. */
export function decodeDealing(
  sha256: Sha256,
  bytes: Uint8Array,
  recipients: readonly DealingRecipient[],
): Result<Dealing, Rejection> {
  const shape = dealingShapeOf(recipients);
  if (!shape.ok) return shape;
  if (bytes.length !== shape.value.sizeBytes) {
    return err(rejection("DEALING_SIZE", `${bytes.length} bytes, a dealing has ${shape.value.sizeBytes}`));
  }
  const words = new WordReader(bytes);
  const commitments = words.elements(shape.value.coefficients);
  const challenge = digestFromBytes(words.word());
  const used = usedRepetitionsOf(sha256, challenge);
  const repetitions = Array.from({ length: REPETITIONS }, (_, repetition) =>
    used.has(repetition) ? readUsed(words, shape.value) : openedOf(words.word()),
  );
  return words.isSound
    ? ok({ shape: shape.value, commitments, challenge, repetitions })
    : err(rejection("DEALING_ELEMENT", "a dealing holds something that is no group element or no reduced scalar"));
}

function openedOf(seed: Uint8Array): OpenedRepetition {
  return { type: "opened", seed };
}

function readUsed(words: WordReader, { coefficients, tickets }: DealingShape): UsedRepetition {
  const [nonceElement = ristrettoGroup.base] = words.elements(1);
  return {
    type: "used",
    nonceElement,
    maskedCoefficients: words.scalars(coefficients),
    padded: words.scalars(tickets.total),
  };
}

/** Reads on over what is unsound, with stand-ins, and says so in the end. */
class WordReader {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #isSound = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isSound(): boolean {
    return this.#isSound;
  }

  word(): Uint8Array {
    const from = this.#offset;
    this.#offset += WORD_BYTES;
    return this.#bytes.slice(from, this.#offset);
  }

  elements(count: number): readonly GroupElement[] {
    return Array.from({ length: count }, () => this.#sound(ristrettoGroup.decode(this.word()), ristrettoGroup.base));
  }

  scalars(count: number): readonly Scalar[] {
    return Array.from({ length: count }, () => this.#sound(scalarFromBytes(this.word()), ZERO_SCALAR));
  }

  #sound<Value>(value: Value | undefined, standIn: Value): Value {
    if (value === undefined) this.#isSound = false;
    return value ?? standIn;
  }
}
