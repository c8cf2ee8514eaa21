// The start of an epoch: that of epoch 0 from the genesis, bytes both ways, and everything that no epoch may start with.

import { describe, expect, it } from "vitest";
import {
  COMMITTEE_SIZE_MAX,
  EPOCH_START_MAX_BYTES,
  type EpochStart,
  committeeOf,
  committeeOfEpoch,
  decodeEpochStart,
  encodeEpochStart,
  epoch,
  epochStartDigest,
  epochStartFault,
  epochStartOf,
  restoreEpochStart,
} from "../../src/index.ts";
import { testEncryptionKey, testSigner } from "../../src/testing/index.ts";
import { digestNamed, sha256 } from "./block-fixture.ts";
import { expectOversizeRefused, expectTrailingByteRefused, expectTruncationsRefused } from "./codec-laws.ts";
import { coinKey, soundGenesis } from "./genesis-fixture.ts";

const first = epochStartOf(soundGenesis);
const NO_COIN = { setup: "none", groupPublicKey: new Uint8Array(0) } as const;

/** Epoch 3 of the same members with a dealt key. */
const later: EpochStart = {
  ...first,
  epoch: epoch(3),
  base: { index: 40 as never, digest: digestNamed("base") as EpochStart["base"]["digest"], timestampMs: 2 ** 40 },
  coin: { setup: "dealt", groupPublicKey: coinKey(5) },
};

function withMember(change: Partial<EpochStart["members"][number]>, start: EpochStart = later): EpochStart {
  return { ...start, members: start.members.map((member, index) => (index === 1 ? { ...member, ...change } : member)) };
}

describe("the start of epoch 0", () => {
  it("has the committee and the coin of the genesis, and nothing before it", () => {
    expect(committeeOfEpoch(first)).toEqual(committeeOf(soundGenesis));
    expect(first.base).toMatchObject({ index: 0, timestampMs: 0 });
    expect(first.coin).toEqual(soundGenesis.coin);
    expect(epochStartFault(first)).toBeUndefined();
  });

  it("may have no coin and unequal stakes", () => {
    const validators = soundGenesis.validators.map((validator, index) => ({
      ...validator,
      stake: 1 + 3 * index,
      coinPublicShares: [],
    }));
    const start = epochStartOf({ ...soundGenesis, validators, coin: NO_COIN });
    expect(decodeEpochStart(encodeEpochStart(start))).toEqual({ ok: true, value: start });
  });
});

describe("the bytes of a start", () => {
  it.each([first, later])("come back equal, and the digest tells any two apart", (start) => {
    const bytes = encodeEpochStart(start);
    expect(decodeEpochStart(bytes)).toEqual({ ok: true, value: start });
    expect(restoreEpochStart(bytes)).toEqual({ ok: true, value: start });
    const others = [first, later, withMember({ stake: 2 }, start), withMember({ encryptionKey: coinKey(77) }, start)];
    expect(new Set(others.map((other) => epochStartDigest(other, sha256))).size).toBe(4);
  });

  it("are refused when cut off, followed by anything or too large", () => {
    const bytes = encodeEpochStart(later);
    expectTruncationsRefused(bytes, decodeEpochStart);
    expectTrailingByteRefused(bytes, decodeEpochStart);
    expectOversizeRefused(EPOCH_START_MAX_BYTES, decodeEpochStart);
  });

  it("are refused without members, whoever vouches for them", () => {
    const bytes = encodeEpochStart({ ...later, members: [] });
    expect(restoreEpochStart(bytes)).toMatchObject({ ok: false, error: { code: "FIELD_OUT_OF_RANGE" } });
  });

  it("hold a whole committee of the greatest size", () => {
    const [member] = later.members;
    if (member === undefined) throw new Error("there are four");
    const members = Array.from({ length: COMMITTEE_SIZE_MAX }, (_, index) => ({
      ...member,
      name: `${index}`.padStart(64, "x"),
      stake: 2 ** 40,
      coinPublicShares: Array.from({ length: 4 }, () => coinKey(5)),
    }));
    expect(restoreEpochStart(encodeEpochStart({ ...later, members })).ok).toBe(true);
  });
});

describe("a start is refused", () => {
  it.each<[string, EpochStart, string]>([
    ["in which two have one name", withMember({ name: "validator-0" }), "MEMBER_DUPLICATE"],
    ["in which two have one key", withMember({ publicKey: testSigner("validator", 2).publicKey }), "MEMBER_DUPLICATE"],
    ["in which two have one dealing key", withMember({ encryptionKey: testEncryptionKey(3) }), "MEMBER_DUPLICATE"],
    ["with a key of small order", withMember({ publicKey: Uint8Array.of(1, ...new Uint8Array(31)) }), "MEMBER_KEY"],
    ["with a dealing key that is none", withMember({ encryptionKey: new Uint8Array(32) }), "MEMBER_ENCRYPTION_KEY"],
    ["with coin keys and no coin", { ...later, coin: NO_COIN }, "EPOCH_COIN"],
    [
      "with a group key that is none",
      { ...later, coin: { ...later.coin, groupPublicKey: new Uint8Array(32) } },
      "EPOCH_COIN",
    ],
    ["with a share too many", withMember({ coinPublicShares: [coinKey(1), coinKey(2)] }), "EPOCH_COIN"],
    ["with a share too few", withMember({ coinPublicShares: [] }), "EPOCH_COIN"],
    ["with a share that is none", withMember({ coinPublicShares: [new Uint8Array(32)] }), "EPOCH_COIN"],
    ["with one dealer after the first", { ...later, coin: { ...later.coin, setup: "dealer" } }, "EPOCH_COIN"],
    ["dealt before there was a chain", { ...first, coin: { ...first.coin, setup: "dealt" } }, "EPOCH_COIN"],
    ["with something before the first", { ...first, base: later.base }, "EPOCH_BASE"],
    ["with more epochs than commits", { ...later, base: { ...later.base, index: 2 as never } }, "EPOCH_BASE"],
  ])("%s", (_, start, code) => {
    expect(decodeEpochStart(encodeEpochStart(start))).toMatchObject({ ok: false, error: { code } });
  });
});
