// The threshold coin: what opens it, what does not, and what a liar can and cannot do (§6).

import { type CoinShare, coinIndex, digestFromBytes, mustExist, validatorIndex } from "@selvedge/integrity";
import { testCommittee } from "@selvedge/integrity/testing";
import { describe, expect, it } from "vitest";
import { createCoinKeys, createFallbackCoin } from "../../src/coin/coin.ts";
import { dealCoinKeys } from "../../src/coin/dealer.ts";
import type { CoinContribution, CoinKeys } from "../../src/coin/port.ts";

const SIZE = 7;
const THRESHOLD = 2;
const { committee, chainId, crypto } = testCommittee(SIZE);
const dealt = dealCoinKeys({
  tickets: committee.validators.map(() => 1),
  threshold: THRESHOLD,
  seed: new Uint8Array(32).fill(9),
});
const K = coinIndex(3);

function keysOf(validator: number | null, change: Partial<Parameters<typeof createCoinKeys>[0]> = {}): CoinKeys {
  const secretShares = dealt.secretShares[validator ?? 0] ?? [];
  const own = validator === null ? null : { validator: validatorIndex(validator), secretShares };
  const { groupPublicKey, publicShares } = dealt;
  const keys = createCoinKeys({
    sha256: crypto.sha256,
    chainId,
    committee,
    groupPublicKey,
    publicShares,
    own,
    ...change,
  });
  if (!keys.ok) throw new Error(keys.error.code);
  return keys.value;
}

const validators = committee.validators.map(({ index }) => keysOf(index));
const observer = keysOf(null);

function contributionOf(author: number, coin: number = K): CoinContribution {
  const share = validators[author]?.shareFor(coinIndex(coin));
  return { author: validatorIndex(author), share: mustExist(share, "a validator has shares") };
}

const shares = validators.map((_, author) => contributionOf(author));

function pick(...authors: readonly number[]): readonly CoinContribution[] {
  return authors.map((author) => mustExist(shares[author], "a member"));
}

function damaged(share: CoinShare, byte: number): CoinShare {
  const proof = new Uint8Array(share.proof);
  proof[byte] = (proof[byte] ?? 0) ^ 1;
  return { ...share, proof };
}

function codeOf(change: Partial<Parameters<typeof createCoinKeys>[0]>): string {
  const { groupPublicKey, publicShares } = dealt;
  const setup = { sha256: crypto.sha256, chainId, committee, groupPublicKey, publicShares, own: null, ...change };
  const keys = createCoinKeys(setup);
  return keys.ok ? "ok" : keys.error.code;
}

describe("§6 the threshold coin", () => {
  it("any F_T + 1 shares, in any order, name the same author", () => {
    const opened = observer.open(K, shares).author;
    expect(opened).toBeDefined();
    for (const subset of [pick(0, 1, 2), pick(2, 1, 0), pick(4, 5, 6), pick(6, 0, 3), pick(1, 3, 5, 6)]) {
      expect(observer.open(K, subset)).toEqual({ author: opened, invalidPositions: [] });
    }
  });

  it("F_T shares do not open it, twins' shares counted once", () => {
    expect(observer.open(K, []).author).toBeUndefined();
    expect(observer.open(K, pick(0, 1))).toEqual({ author: undefined, invalidPositions: [] });
    expect(observer.open(K, pick(0, 1, 1, 0)).author).toBeUndefined();
  });

  it("a share is 96 bytes, and the same whenever it is made", () => {
    const { points, proof } = contributionOf(0).share;
    expect([points.length, points[0]?.length, proof.length]).toEqual([1, 32, 64]);
    expect(contributionOf(0).share).toEqual(shares[0]?.share);
    expect(observer.shareFor(K)).toBeNull();
  });

  it("garbage is named and ignored, and more valid shares open the coin all the same", () => {
    const author = observer.open(K, shares).author;
    const [first, second, third, fourth] = pick(0, 1, 2, 3);
    const bad = { ...mustExist(first, "drawn"), share: damaged(contributionOf(0).share, 0) };
    const rest = [second, third].map((share) => mustExist(share, "drawn"));
    expect(observer.open(K, [bad, ...rest])).toEqual({ author: undefined, invalidPositions: [0] });
    expect(observer.open(K, [bad, ...rest, mustExist(fourth, "drawn")])).toEqual({ author, invalidPositions: [0] });
  });

  it("a bad share of one twin does not spoil the good one of the other", () => {
    const good = contributionOf(0);
    const bad = { ...good, share: damaged(good.share, 63) };
    const opening = observer.open(K, [bad, good, ...pick(1, 2)]);
    expect(opening).toEqual({ author: observer.open(K, shares).author, invalidPositions: [0] });
  });

  it.each([
    ["no points", (share: CoinShare) => ({ ...share, points: [] })],
    ["two points", (share: CoinShare) => ({ ...share, points: [...share.points, ...share.points] })],
    ["no element", (share: CoinShare) => ({ ...share, points: [new Uint8Array(32).fill(255)] })],
    ["the identity", (share: CoinShare) => ({ ...share, points: [new Uint8Array(32)] })],
    ["a short proof", (share: CoinShare) => ({ ...share, proof: share.proof.subarray(1) })],
    ["a damaged challenge", (share: CoinShare) => damaged(share, 5)],
    ["a damaged response", (share: CoinShare) => damaged(share, 40)],
    [
      "a response that is not reduced",
      (share: CoinShare) => damaged({ ...share, proof: new Uint8Array(64).fill(255) }, 0),
    ],
    ["another author's share", () => contributionOf(1).share],
    ["a share of another coin", () => contributionOf(0, 4).share],
  ])("refuses %s", (_, change) => {
    const bad = { author: validatorIndex(0), share: change(contributionOf(0).share) };
    expect(observer.open(K, [bad, ...pick(1, 2)])).toEqual({ author: undefined, invalidPositions: [0] });
  });

  it("verifies no more shares than it needs", () => {
    const bad = { author: validatorIndex(6), share: damaged(contributionOf(6).share, 0) };
    expect(observer.open(K, [...pick(0, 1, 2), bad]).invalidPositions).toEqual([]);
    expect(observer.open(K, [...pick(0, 1), bad]).invalidPositions).toEqual([2]);
  });

  it("shares of another chain are refused", () => {
    const other = keysOf(0, { chainId: testCommittee(SIZE + 1).chainId });
    const foreign = { author: validatorIndex(0), share: mustExist(other.shareFor(K), "a validator has shares") };
    expect(observer.open(K, [foreign, ...pick(1, 2)]).invalidPositions).toEqual([0]);
  });

  it("names every author of equal stakes about equally often", () => {
    const counts = committee.validators.map(() => 0);
    for (let coin = 0; coin < 140; coin += 1) {
      const author = observer.open(
        coinIndex(coin),
        [0, 1, 2].map((index) => contributionOf(index, coin)),
      ).author;
      if (author !== undefined) counts[author] = (counts[author] ?? 0) + 1;
    }
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(140);
    // Binomial(140, 1/7): 20 ± 4.1; the coin is deterministic, so this never flickers.
    for (const count of counts) expect(Math.abs(count - 20)).toBeLessThan(15);
  });
});

describe("§6 coin keys", () => {
  it("refuses keys of which other shares would open another coin", () => {
    const other = dealCoinKeys({ tickets: [1, 1, 1, 1, 1, 1, 1], threshold: THRESHOLD, seed: new Uint8Array(32) });
    expect(codeOf({ groupPublicKey: other.groupPublicKey })).toBe("COIN_KEY_INCONSISTENT");
    expect(codeOf({ publicShares: [...dealt.publicShares.slice(0, 6), ...other.publicShares.slice(6)] })).toBe(
      "COIN_KEY_INCONSISTENT",
    );
    const steeper = dealCoinKeys({
      tickets: [1, 1, 1, 1, 1, 1, 1],
      threshold: THRESHOLD + 1,
      seed: new Uint8Array(32),
    });
    expect(codeOf(steeper)).toBe("COIN_KEY_INCONSISTENT");
  });

  it("refuses what is malformed and foreign secrets", () => {
    expect(codeOf({ groupPublicKey: new Uint8Array(32) })).toBe("COIN_KEY_MALFORMED");
    expect(codeOf({ publicShares: dealt.publicShares.slice(1) })).toBe("COIN_KEY_MALFORMED");
    expect(codeOf({ own: { validator: validatorIndex(0), secretShares: dealt.secretShares[1] ?? [] } })).toBe(
      "COIN_SECRET_MISMATCH",
    );
    expect(codeOf({ own: { validator: validatorIndex(0), secretShares: [] } })).toBe("COIN_SECRET_MISMATCH");
  });

  it("a dealer is a function of its seed, and its seed alone", () => {
    const deal = { tickets: [1, 1, 1, 1], threshold: 1, seed: new Uint8Array(32).fill(1) };
    expect(dealCoinKeys(deal)).toEqual(dealCoinKeys(deal));
    const other = dealCoinKeys({ ...deal, seed: new Uint8Array(32).fill(2) });
    expect(other.groupPublicKey).not.toEqual(dealCoinKeys(deal).groupPublicKey);
  });
});

describe("§6 without a group key", () => {
  const { committee: weighted } = testCommittee(4, [1, 1, 1, 7]);
  const epochSeed = digestFromBytes(new Uint8Array(32).fill(7));
  const fallback = createFallbackCoin({ sha256: crypto.sha256, committee: weighted, epochSeed });

  it("the coin is H(epoch seed, k): open without shares, the same for all, proportional to stake", () => {
    expect(fallback.shareFor(K)).toBeNull();
    const draws = Array.from({ length: 400 }, (_, coin) => fallback.open(coinIndex(coin), []).author);
    expect(draws).toEqual(draws.map((_, coin) => fallback.open(coinIndex(coin), shares).author));
    const counts = [0, 1, 2, 3].map((author) => draws.filter((draw) => draw === author).length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400);
    expect(Math.abs((counts[3] ?? 0) - 280)).toBeLessThan(40);
    for (const count of counts.slice(0, 3)) expect(Math.abs(count - 40)).toBeLessThan(25);
  });
});
