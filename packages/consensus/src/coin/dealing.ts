// Verifiable dealing of the coin's next key over the chain (§6): each dealer shares a secret of its own among the tickets
// of the coming committee, in one message that everybody can check and nobody but the holders can read; the key is the
// sum. Cut and choose (Camenisch–Damgård 2000, Takahashi–Zaverucha 2021), made non-interactive by hashing. Pure.

import {
  type DealingContext,
  type DealingRecipient,
  type DealingScheme,
  type DealtPublicKeys,
  type GroupElement,
  type Rejection,
  type Result,
  type Scalar,
  type Sha256,
  ZERO_SCALAR,
  assert,
  digestToBytes,
  err,
  firstTicketOf,
  mustExist,
  ok,
  rejection,
  ristrettoGroup,
  scalarAdd,
  scalarFromNumber,
  scalarMultiply,
  scalarSubtract,
  scalarToBytes,
} from "@selvedge/integrity";
import { bigEndian32 } from "../hash-draw.ts";
import { concatenated } from "./bytes.ts";
import {
  type Dealing,
  type RepetitionCommitment,
  REPETITIONS,
  type UsedRepetition,
  challengeOf,
  dealingContextBytes,
  dealingShapeOf,
  decodeDealing,
  repetitionDigest,
  usedRepetitionsOf,
} from "./dealing-format.ts";
import {
  type Repetition,
  type RepetitionSetup,
  padContext,
  padOf,
  recipientKeys,
  repetitionFrom,
} from "./dealing-repetition.ts";
import { evaluatePolynomial } from "./interpolation.ts";

const SECRET_DOMAIN = "selvedge/1/dealing-secret";
const SEED_DOMAIN = "selvedge/1/dealing-seed";

export interface DealingInput {
  readonly sha256: Sha256;
  readonly context: DealingContext;
  /** 32 bytes, as secret as what is dealt; the same seed and context make the same dealing. */
  readonly seed: Uint8Array;
}

/** This dealer's dealing, or a code if the recipients can have none. */
export function deal({ sha256, context, seed }: DealingInput): Result<Uint8Array, Rejection> {
  assert(seed.length === 32, "a dealing follows from 32 secret bytes");
  const setup = setupOf(sha256, context);
  if (!setup.ok) return setup;
  const { shape, contextBytes } = setup.value;
  const derived = (domain: string, number: number): Scalar =>
    ristrettoGroup.hashToScalar(domain, concatenated([bigEndian32(number), seed, contextBytes]));
  const secret = Array.from({ length: shape.coefficients }, (_, power) => derived(SECRET_DOMAIN, power));
  const commitments = secret.map((coefficient) => ristrettoGroup.multiplyBase(coefficient));
  const seeds = Array.from({ length: REPETITIONS }, (_, number) => scalarToBytes(derived(SEED_DOMAIN, number)));
  const repetitions = seeds.map((of, number) => repetitionFrom(setup.value, number, of));
  const digests = repetitions.map(({ commitment }) => repetitionDigest(sha256, commitment));
  const challenge = challengeOf(sha256, { contextBytes, commitments, repetitions: digests });
  const used = usedRepetitionsOf(sha256, challenge);
  const shown = repetitions.flatMap((repetition, number) =>
    used.has(number) ? usedBytes(secret, repetition) : [mustExist(seeds[number], "every repetition has a seed")],
  );
  return ok(
    concatenated([...commitments.map((element) => ristrettoGroup.encode(element)), digestToBytes(challenge), ...shown]),
  );
}

function usedBytes(secret: readonly Scalar[], { mask, commitment }: Repetition): readonly Uint8Array[] {
  const masked = secret.map((coefficient, power) =>
    scalarToBytes(scalarAdd(coefficient, mustExist(mask[power], "a mask is as long as the secret"))),
  );
  return [ristrettoGroup.encode(commitment.nonceElement), ...masked, ...commitment.padded];
}

/** The ledger's port. Keeps the tables of the recipients that it saw last: dealings for one committee come in a row. */
export function createDealingScheme(sha256: Sha256): DealingScheme {
  let last: { readonly of: string; readonly keys: Result<readonly GroupElement[], Rejection> } | undefined;
  const keysOf = (recipients: readonly DealingRecipient[]): Result<readonly GroupElement[], Rejection> => {
    const of = recipients.map(({ encryptionKey }) => encryptionKey.join()).join(";");
    if (last?.of !== of) last = { of, keys: recipientKeys(recipients) };
    return last.keys;
  };
  return {
    sizeOf: (recipients) => {
      const shape = dealingShapeOf(recipients);
      return shape.ok ? ok(shape.value.sizeBytes) : shape;
    },
    verify: (bytes, context) => {
      const dealing = decodeDealing(sha256, bytes, context.recipients);
      if (!dealing.ok) return dealing;
      const keys = keysOf(context.recipients);
      if (!keys.ok) return keys;
      const contextBytes = dealingContextBytes(sha256, context);
      return verifyDealing(sha256, dealing.value, { shape: dealing.value.shape, contextBytes, keys: keys.value });
    },
    combine: (dealings, recipients) => combineDealings(sha256, dealings, recipients),
  };
}

function setupOf(sha256: Sha256, context: DealingContext): Result<RepetitionSetup, Rejection> {
  const shape = dealingShapeOf(context.recipients);
  if (!shape.ok) return shape;
  const keys = recipientKeys(context.recipients);
  if (!keys.ok) return keys;
  return ok({ shape: shape.value, contextBytes: dealingContextBytes(sha256, context), keys: keys.value });
}

function verifyDealing(sha256: Sha256, dealing: Dealing, setup: RepetitionSetup): Result<true, Rejection> {
  const { commitments, challenge } = dealing;
  const repetitions = dealing.repetitions.map((repetition, number) =>
    repetitionDigest(
      sha256,
      repetition.type === "opened"
        ? repetitionFrom(setup, number, repetition.seed).commitment
        : commitmentOfUsed(commitments, repetition),
    ),
  );
  return challengeOf(sha256, { contextBytes: setup.contextBytes, commitments, repetitions }) === challenge
    ? ok(true)
    : err(rejection("DEALING_CHALLENGE", "a dealing is not what its challenge was drawn from"));
}

/** The mask's commitments are those of secret + mask, less those of the secret. */
function commitmentOfUsed(commitments: readonly GroupElement[], used: UsedRepetition): RepetitionCommitment {
  const group = ristrettoGroup;
  const maskCommitments = used.maskedCoefficients.map((coefficient, power) =>
    group.add(
      group.multiplyPublic(group.base, coefficient),
      group.negate(mustExist(commitments[power], "a mask is as long as the secret")),
    ),
  );
  return { maskCommitments, nonceElement: used.nonceElement, padded: used.padded.map(scalarToBytes) };
}

function combineDealings(
  sha256: Sha256,
  dealings: readonly Uint8Array[],
  recipients: readonly DealingRecipient[],
): Result<DealtPublicKeys, Rejection> {
  assert(dealings.length > 0, "a key is the sum of at least one dealing");
  let sum: readonly GroupElement[] | undefined;
  for (const bytes of dealings) {
    const dealing = decodeDealing(sha256, bytes, recipients);
    if (!dealing.ok) return dealing;
    sum = addedTo(sum, dealing.value.commitments);
  }
  const shape = dealingShapeOf(recipients);
  if (!shape.ok) return shape;
  const commitments = sum ?? [];
  const { tickets } = shape.value;
  const publicShares = tickets.counts.map((count, recipient) =>
    ticketsFrom(firstTicketOf(tickets, recipient), count).map((ticket) =>
      ristrettoGroup.encode(committedAt(commitments, ticket)),
    ),
  );
  return ok({ groupPublicKey: ristrettoGroup.encode(committedAt(commitments, 0)), publicShares });
}

function addedTo(sum: readonly GroupElement[] | undefined, terms: readonly GroupElement[]): readonly GroupElement[] {
  return sum === undefined
    ? terms
    : terms.map((term, power) => ristrettoGroup.add(term, mustExist(sum[power], "dealings have one degree")));
}

export interface DealtShareInput {
  readonly sha256: Sha256;
  /** The holder's position among the recipients, and the secret half of its encryption key. */
  readonly recipient: number;
  readonly encryptionSecret: Scalar;
  /** The dealings that count, each with what it was verified for. */
  readonly dealings: readonly { readonly bytes: Uint8Array; readonly context: DealingContext }[];
}

/** The holder's secret shares of the sum, 32 bytes per ticket of its. */
export function dealtSecretShares(input: DealtShareInput): Result<readonly Uint8Array[], Rejection> {
  let sums: readonly Scalar[] | undefined;
  for (const { bytes, context } of input.dealings) {
    const dealing = decodeDealing(input.sha256, bytes, context.recipients);
    if (!dealing.ok) return dealing;
    const contextBytes = dealingContextBytes(input.sha256, context);
    const shares = decryptedShares(dealing.value, contextBytes, input);
    if (shares.length === 0 && ticketsOf(dealing.value, input.recipient).length > 0) {
      return err(
        rejection("DEALING_SHARE", "a dealing has no share for us: the key is not ours, or it was not verified"),
      );
    }
    const before = sums;
    sums = shares.map((share, position) => scalarAdd(share, before?.[position] ?? ZERO_SCALAR));
  }
  return ok((sums ?? []).map(scalarToBytes));
}

/** From the first repetition that was made honestly; a verified dealing has one. */
function decryptedShares(
  dealing: Dealing,
  contextBytes: Uint8Array,
  { recipient, encryptionSecret }: Pick<DealtShareInput, "recipient" | "encryptionSecret">,
): readonly Scalar[] {
  const tickets = ticketsOf(dealing, recipient);
  const expected = tickets.map((ticket) => committedAt(dealing.commitments, ticket));
  for (const [number, repetition] of dealing.repetitions.entries()) {
    if (repetition.type === "opened") continue;
    const about = padContext(contextBytes, number, repetition.nonceElement);
    const shared = ristrettoGroup.encode(ristrettoGroup.multiply(repetition.nonceElement, encryptionSecret));
    const shares = tickets.map((ticket) => {
      const padded = mustExist(repetition.padded[ticket - 1], "a repetition has every ticket");
      const mask = scalarSubtract(padded, padOf(about, ticket, shared));
      return scalarSubtract(evaluatePolynomial(repetition.maskedCoefficients, ticket), mask);
    });
    const isOurs = (element: GroupElement, position: number): boolean =>
      ristrettoGroup.isEqual(ristrettoGroup.multiplyBase(shares[position] ?? ZERO_SCALAR), element);
    if (expected.every(isOurs)) return shares;
  }
  return [];
}

function ticketsOf({ shape: { tickets } }: Dealing, recipient: number): readonly number[] {
  return ticketsFrom(firstTicketOf(tickets, recipient), tickets.counts[recipient] ?? 0);
}

function ticketsFrom(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, offset) => first + offset);
}

/** Σ commitment_k · x^k: the committed polynomial at x, times the base. */
function committedAt(commitments: readonly GroupElement[], x: number): GroupElement {
  const at = scalarFromNumber(x);
  let power = scalarFromNumber(1);
  const terms = commitments.map((element) => {
    const term = { scalar: power, element };
    power = scalarMultiply(power, at);
    return term;
  });
  return ristrettoGroup.sumOfProducts(terms);
}
