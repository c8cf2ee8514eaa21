// §6: dealings of the coin's next key: what an honest one yields, what a dishonest one comes to.

import {
  type DealingContext,
  type Digest,
  type Scalar,
  coinIndex,
  createCommittee,
  digestFromBytes,
  digestToBytes,
  epoch,
  mustExist,
  ristrettoGroup,
  scalarFromNumber,
  scalarAdd,
  scalarToBytes,
  validatorIndex,
} from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { concatenated } from "../../src/coin/bytes.ts";
import { type CoinKeysSetup, createCoinKeys } from "../../src/coin/coin.ts";
import {
  REPETITIONS,
  type RepetitionCommitment,
  UNOPENED,
  challengeOf,
  dealingContextBytes,
  dealingShapeOf,
  repetitionDigest,
  usedRepetitionsOf,
} from "../../src/coin/dealing-format.ts";
import {
  type Repetition,
  type RepetitionSetup,
  recipientKeys,
  repetitionFrom,
} from "../../src/coin/dealing-repetition.ts";
import { createDealingScheme, dealtSecretShares } from "../../src/coin/dealing.ts";
import { type DealingFixture, dealingFixture, sha256 } from "./dealing-fixture.ts";

const scheme = createDealingScheme(sha256);
const four = dealingFixture([1, 1, 1, 1]);
const honest = four.dealingOf(0);
/** For what takes many dealings. */
const alone = dealingFixture([1]);

function codeOf(bytes: Uint8Array, context: DealingContext = four.contextOf(0)): string {
  const verdict = scheme.verify(bytes, context);
  return verdict.ok ? "ok" : verdict.error.code;
}

interface Cheat {
  /** What the dealer commits to in place of an honest repetition. */
  readonly commitment?: (number: number, made: Repetition) => RepetitionCommitment;
  /** What it shows of a used one in place of secret + mask. */
  readonly masked?: (coefficient: Scalar, power: number) => Scalar;
}

/** A dealer that goes by the book but for its cheat: bytes of the right form, with a challenge of their own. */
function dishonest(fixture: DealingFixture, cheat: Cheat): { readonly bytes: Uint8Array; readonly challenge: Digest } {
  const context = fixture.contextOf(0);
  const [shape, keys] = [dealingShapeOf(context.recipients), recipientKeys(context.recipients)];
  if (!shape.ok || !keys.ok) throw new Error("the fixture's recipients are sound");
  const contextBytes = dealingContextBytes(sha256, context);
  const setup: RepetitionSetup = { shape: shape.value, keys: keys.value, contextBytes };
  const secret = Array.from({ length: shape.value.coefficients }, (_, power) => scalarFromNumber(77 + power));
  const commitments = secret.map((coefficient) => ristrettoGroup.multiplyBase(coefficient));
  const seeds = Array.from({ length: REPETITIONS }, (_, number) => new Uint8Array(32).fill(number));
  const made = seeds.map((seed, number) => repetitionFrom(setup, number, seed));
  const committed = made.map((of, number) => cheat.commitment?.(number, of) ?? of.commitment);
  const repetitions = committed.map((of) => repetitionDigest(sha256, of));
  const challenge = challengeOf(sha256, { contextBytes, commitments, repetitions });
  const used = usedRepetitionsOf(sha256, challenge);
  const masked = ({ mask }: Repetition): readonly Uint8Array[] =>
    secret.map((coefficient, power) => {
      const sum = scalarAdd(coefficient, mustExist(mask[power], "as long as the secret"));
      return scalarToBytes(cheat.masked?.(sum, power) ?? sum);
    });
  const shown = made.flatMap((of, number) => {
    const { nonceElement, padded } = mustExist(committed[number], "committed to each");
    return used.has(number)
      ? [ristrettoGroup.encode(nonceElement), ...masked(of), ...padded]
      : [mustExist(seeds[number], "a seed each")];
  });
  const encoded = commitments.map((element) => ristrettoGroup.encode(element));
  return { bytes: concatenated([...encoded, digestToBytes(challenge), ...shown]), challenge };
}

function withWrongPad(commitment: RepetitionCommitment, ticket: number): RepetitionCommitment {
  const wrong = scalarToBytes(scalarFromNumber(13));
  return { ...commitment, padded: commitment.padded.map((pad, at) => (at === ticket - 1 ? wrong : pad)) };
}

function sharesOf(fixture: DealingFixture, recipient: number, dealings: readonly [number, Uint8Array][]) {
  return dealtSecretShares({
    sha256,
    recipient,
    encryptionSecret: mustExist(fixture.secrets[recipient], "a secret each"),
    dealings: dealings.map(([dealer, bytes]) => ({ bytes, context: fixture.contextOf(dealer) })),
  });
}

describe("§6 an honest dealing", () => {
  it("verifies, has the size that is said beforehand, and follows from its seed and context alone", () => {
    expect(codeOf(honest)).toBe("ok");
    expect(scheme.sizeOf(four.contextOf(0).recipients)).toEqual({ ok: true, value: honest.length });
    expect(four.dealingOf(0)).toEqual(honest);
    expect(four.dealingOf(1)).not.toEqual(honest);
  });

  it.each([
    [4, 14_688],
    [7, 21_376],
    [16, 41_440],
    [31, 74_880],
  ])(
    "commits to a polynomial of degree F_T and carries every ticket's share: %i tickets have %i bytes",
    (size, bytes) => {
      const { recipients } = dealingFixture(Array.from({ length: size }, () => 1)).contextOf(0);
      expect(scheme.sizeOf(recipients)).toEqual({ ok: true, value: bytes });
    },
  );

  it.each([{ stakes: [1, 1, 1, 1] }, { stakes: [3, 2, 2, 2, 1] }])(
    "dealings for stakes $stakes add up to keys that open the coin, for any quorum of holders",
    ({ stakes }) => {
      const fixture = dealingFixture(stakes);
      const dealings = [1, 0].map((dealer): [number, Uint8Array] => [dealer, fixture.dealingOf(dealer)]);
      const { recipients, chainId } = fixture.contextOf(0);
      const keys = scheme.combine(
        dealings.map(([, bytes]) => bytes),
        recipients,
      );
      if (!keys.ok) throw new Error(keys.error.code);
      const members = stakes.map((stake, index) => ({ stake, publicKey: new Uint8Array(32).fill(index) }));
      const setup = { sha256, chainId, committee: createCommittee(epoch(1), members), ...keys.value };
      const holders = stakes.map((_, index) => {
        const own = sharesOf(fixture, index, dealings);
        if (!own.ok) throw new Error(own.error.code);
        return keysOf({ ...setup, own: { validator: validatorIndex(index), secretShares: own.value } });
      });
      const shares = holders.map((holder, index) => ({
        author: validatorIndex(index),
        share: mustExist(holder.shareFor(coinIndex(4)), "a holder has shares"),
      }));
      const observer = keysOf({ ...setup, own: null });
      const author = observer.open(coinIndex(4), shares).author;
      expect(author).toBeDefined();
      expect(observer.open(coinIndex(4), shares.slice(1))).toEqual({ author, invalidPositions: [] });
      expect(observer.open(coinIndex(4), shares.slice(0, -1))).toEqual({ author, invalidPositions: [] });
    },
  );

  it("who combines in another order has the same keys, and without one dealing others", () => {
    const { recipients } = four.contextOf(0);
    const [first, second] = [honest, four.dealingOf(1)];
    expect(scheme.combine([first, second], recipients)).toEqual(scheme.combine([second, first], recipients));
    expect(scheme.combine([first, second], recipients)).not.toEqual(scheme.combine([first], recipients));
  });

  it("a share is for its holder alone", () => {
    const others = dealtSecretShares({
      sha256,
      recipient: 2,
      encryptionSecret: mustExist(four.secrets[1], "a secret each"),
      dealings: [{ bytes: honest, context: four.contextOf(0) }],
    });
    expect(others).toMatchObject({ ok: false, error: { code: "DEALING_SHARE" } });
  });
});

function keysOf(setup: CoinKeysSetup) {
  const keys = createCoinKeys(setup);
  if (!keys.ok) throw new Error(keys.error.code);
  return keys.value;
}

describe("§6 a dishonest dealing", () => {
  it("the chance to guess which repetitions are used is below 2^-128", () => {
    let choices = 1n;
    for (let at = 0; at < UNOPENED; at += 1) choices = (choices * BigInt(REPETITIONS - at)) / BigInt(at + 1);
    expect(choices > 2n ** 128n).toBe(true);
  });

  it("a wrong share in every repetition is detected", () => {
    const { bytes } = dishonest(alone, { commitment: (_, { commitment }) => withWrongPad(commitment, 1) });
    expect(codeOf(bytes, alone.contextOf(0))).toBe("DEALING_CHALLENGE");
  });

  it("a wrong share in a repetition that is opened is detected, in one that is used it hurts nobody", () => {
    const attempts = Array.from({ length: 6 }, (_, wrong) => {
      const { bytes, challenge } = dishonest(alone, {
        commitment: (number, { commitment }) => (number === wrong ? withWrongPad(commitment, 1) : commitment),
      });
      return { bytes, isUsed: usedRepetitionsOf(sha256, challenge).has(wrong) };
    });
    expect(new Set(attempts.map(({ isUsed }) => isUsed)).size).toBe(2);
    const shares = new Set<string>();
    for (const { bytes, isUsed } of attempts) {
      expect(codeOf(bytes, alone.contextOf(0))).toBe(isUsed ? "ok" : "DEALING_CHALLENGE");
      const own = sharesOf(alone, 0, [[0, bytes]]);
      if (isUsed) shares.add(own.ok ? String(own.value) : own.error.code);
    }
    expect([...shares]).toEqual([String([scalarToBytes(scalarFromNumber(77))])]);
  });

  it("shares of another polynomial than the one committed to are detected", () => {
    const { bytes } = dishonest(alone, { masked: (sum) => scalarAdd(sum, scalarFromNumber(1)) });
    expect(codeOf(bytes, alone.contextOf(0))).toBe("DEALING_CHALLENGE");
  });

  it("masks that are not those of the opened seeds are detected", () => {
    const { bytes } = dishonest(alone, {
      commitment: (number, { commitment }) => ({
        ...commitment,
        maskCommitments: number === 0 ? commitment.maskCommitments : [ristrettoGroup.base],
      }),
    });
    expect(codeOf(bytes, alone.contextOf(0))).toBe("DEALING_CHALLENGE");
  });

  it.each([
    ["dealer", { dealerPublicKey: new Uint8Array(32).fill(9) }],
    ["epoch", { epoch: epoch(2) }],
    ["proposal", { proposal: digestFromBytes(new Uint8Array(32)) }],
    ["order of recipients", { recipients: four.contextOf(0).recipients.toReversed() }],
  ] as const)("a dealing is nothing under another %s", (_, change) => {
    expect(codeOf(honest, four.contextOf(0, change))).toBe("DEALING_CHALLENGE");
  });

  it("more or fewer recipients, or a higher degree, make another size", () => {
    expect(codeOf(honest, dealingFixture([1, 1, 1, 1, 1]).contextOf(0))).toBe("DEALING_SIZE");
    expect(codeOf(honest, dealingFixture([1, 1, 1]).contextOf(0))).toBe("DEALING_SIZE");
  });

  it("every truncation and every excess is refused", () => {
    for (const length of [0, 1, 31, 32, honest.length - 32, honest.length - 1]) {
      expect(codeOf(honest.slice(0, length))).toBe("DEALING_SIZE");
    }
    expect(codeOf(concatenated([honest, new Uint8Array(32)]))).toBe("DEALING_SIZE");
  });

  it("what is no element and no reduced scalar is refused before any arithmetic", () => {
    const filled = new Uint8Array(honest.length).fill(255);
    expect(codeOf(filled)).toBe("DEALING_ELEMENT");
    const damaged = honest.slice();
    damaged.fill(0, 0, 32);
    expect(codeOf(damaged)).toBe("DEALING_ELEMENT");
  });

  it("recipients without tickets, or with a key that is none, are answered with a code", () => {
    const { recipients } = four.contextOf(0);
    const unsound = recipients.map((recipient) => ({ ...recipient, encryptionKey: new Uint8Array(32) }));
    expect(codeOf(honest, four.contextOf(0, { recipients: unsound }))).toBe("DEALING_ELEMENT");
    expect(codeOf(honest, four.contextOf(0, { recipients: [] }))).toBe("COIN_TICKETS");
    expect(scheme.sizeOf([])).toMatchObject({ ok: false });
  });
});
