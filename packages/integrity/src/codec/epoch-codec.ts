// The start of an epoch as canonical bytes, and the one of epoch 0, which follows from the genesis. What decodes is
// sound: whoever reads a start may make a committee and a coin of it without asking further (docs/protocol.md §11).

import { assert } from "../assert.ts";
import { coinTicketsOf } from "../coin-tickets.ts";
import { type Committee, createCommittee } from "../committee.ts";
import { isGroupKey } from "../crypto/dealing-key.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type CommitDigest, type Digest, digestOf, digestToBytes, zeroDigest } from "../digest.ts";
import type { EpochBase, EpochCoin, EpochMember, EpochStart } from "../epoch.ts";
import { type Rejection, rejection } from "../fault.ts";
import type { Genesis } from "../genesis.ts";
import { commitIndex, epoch } from "../ids.ts";
import { COIN_SHARES_MAX, COMMITTEE_SIZE_MAX, EPOCH_START_MAX_BYTES, NAME_MAX_BYTES, STAKE_MAX } from "../limits.ts";
import { type Result, err } from "../result.ts";
import { FieldReader } from "./fields.ts";
import { membersFault } from "./member-soundness.ts";
import { type WireValue, decode, encode, wireInteger } from "./msgpack.ts";

const FORMAT = 1;
const FIELD_COUNT = 5;
const KEY_BYTES = 32;
const KEY_SIZE = { min: KEY_BYTES, max: KEY_BYTES };
/** Position is the wire code. */
const COIN_SETUPS: readonly EpochCoin["setup"][] = ["none", "dealer", "dealt"];

/** Epoch 0 of the chain. The genesis is sound. */
export function epochStartOf({ validators, coin }: Genesis): EpochStart {
  return {
    epoch: epoch(0),
    base: { index: commitIndex(0), digest: zeroDigest<CommitDigest>(), timestampMs: 0 },
    members: validators.map(({ name, stake, publicKey, encryptionKey, coinPublicShares }) => ({
      name,
      stake,
      publicKey,
      encryptionKey,
      coinPublicShares,
    })),
    coin: { setup: coin.setup, groupPublicKey: coin.groupPublicKey },
  };
}

/** Who votes in the epoch. The start is sound. */
export function committeeOfEpoch(start: EpochStart): Committee {
  return createCommittee(start.epoch, start.members);
}

export function encodeEpochStart(start: EpochStart): Uint8Array {
  const bytes = encode([
    FORMAT,
    wireInteger(start.epoch),
    baseWire(start.base),
    start.members.map(memberWire),
    [COIN_SETUPS.indexOf(start.coin.setup), start.coin.groupPublicKey],
  ]);
  assert(bytes.length <= EPOCH_START_MAX_BYTES, "the start of an epoch is no longer than one may be");
  return bytes;
}

export function epochStartDigest(start: EpochStart, sha256: Sha256): Digest {
  return digestOf(sha256, "epoch-start", encodeEpochStart(start));
}

/** Untrusted bytes to a sound start. Whose it is says its digest, which stands under a state root. */
export function decodeEpochStart(received: Uint8Array): Result<EpochStart, Rejection> {
  const start = restoreEpochStart(received);
  if (!start.ok) return start;
  const fault = epochStartFault(start.value);
  return fault === undefined ? start : err(fault);
}

/** One whose digest is known to be that of an epoch: keys and shares, which cost most, are not looked at again. */
export function restoreEpochStart(stored: Uint8Array): Result<EpochStart, Rejection> {
  const wire = decode(stored, { bytesMax: EPOCH_START_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "epoch start", fieldCount: FIELD_COUNT });
  const start = readStart(fields);
  if (start.members.length === 0) fields.fail("FIELD_OUT_OF_RANGE", "members: there are none");
  return fields.finish(() => start);
}

/** What the start of an epoch may not say, beyond types and ranges. */
export function epochStartFault(start: EpochStart): Rejection | undefined {
  return membersFault(start.members) ?? baseFault(start) ?? coinFault(start);
}

function baseFault({ epoch: number, base }: EpochStart): Rejection | undefined {
  const isBeginning = base.index === 0 && base.digest === zeroDigest<CommitDigest>() && base.timestampMs === 0;
  if (number === 0) return isBeginning ? undefined : rejection("EPOCH_BASE", "nothing comes before epoch 0");
  // An epoch ends with a commit of its own, so epoch e starts at commit e or later.
  if (base.index < number) return rejection("EPOCH_BASE", `epoch ${number} cannot follow commit ${base.index}`);
  return undefined;
}

function coinFault(start: EpochStart): Rejection | undefined {
  const { coin, members } = start;
  if (coin.setup === "none") {
    const hasKeys = coin.groupPublicKey.length > 0 || members.some((member) => member.coinPublicShares.length > 0);
    return hasKeys ? rejection("EPOCH_COIN", "an epoch without a coin setup has no coin keys") : undefined;
  }
  if (!isGroupKey(coin.groupPublicKey)) return rejection("EPOCH_COIN", "the group's key is no group element");
  // The first epoch's keys come from one party, later ones are made over the chain.
  if ((coin.setup === "dealer") !== (start.epoch === 0)) {
    return rejection("EPOCH_COIN", `epoch ${start.epoch} has no keys of setup ${coin.setup}`);
  }
  const tickets = coinTicketsOf(members);
  if (!tickets.ok) return tickets.error;
  const odd = members.find(
    ({ coinPublicShares: shares }, index) =>
      shares.length !== tickets.value.counts[index] || !shares.every((share) => isGroupKey(share)),
  );
  return odd && rejection("EPOCH_COIN", `${odd.name} does not have one public share, a group element, per ticket`);
}

function baseWire({ index, digest, timestampMs }: EpochBase): WireValue {
  return [wireInteger(index), digestToBytes(digest), wireInteger(timestampMs)];
}

function memberWire({ name, stake, publicKey, encryptionKey, coinPublicShares }: EpochMember): WireValue {
  return [name, wireInteger(stake), publicKey, encryptionKey, coinPublicShares];
}

function readStart(fields: FieldReader): EpochStart {
  fields.integer("format", { min: FORMAT, max: FORMAT });
  return {
    epoch: epoch(fields.count("epoch")),
    base: fields.record({ name: "epoch base", fieldCount: 3 }, readBase),
    members: fields.records({ name: "members", fieldCount: 5, entriesMax: COMMITTEE_SIZE_MAX }, readMember),
    coin: fields.record({ name: "coin", fieldCount: 2 }, readCoin),
  };
}

function readBase(fields: FieldReader): EpochBase {
  return {
    index: commitIndex(fields.count("index")),
    digest: fields.digest<CommitDigest>("digest"),
    timestampMs: fields.count("timestampMs"),
  };
}

function readMember(fields: FieldReader): EpochMember {
  return {
    name: fields.text("name", NAME_MAX_BYTES),
    stake: fields.integer("stake", { min: 1, max: STAKE_MAX }),
    publicKey: fields.bytes("publicKey", KEY_BYTES),
    encryptionKey: fields.bytes("encryptionKey", KEY_BYTES),
    coinPublicShares: fields.bytesList("coinPublicShares", { entriesMax: COIN_SHARES_MAX, size: KEY_SIZE }),
  };
}

function readCoin(fields: FieldReader): EpochCoin {
  return {
    setup: fields.choice("setup", COIN_SETUPS, "none"),
    groupPublicKey: fields.bytesUpTo("groupPublicKey", KEY_BYTES),
  };
}
