// fast-check arbitraries of the wire records: every field over its whole range, lists short. Blocks are well-formed, not
// valid: P1–P5 speak of a DAG, which no arbitrary knows.

import fc from "fast-check";
import type { Ack, BlockBody, BlockHeader, BlockRef, CheckpointVote, CoinShare, CommitVote } from "../block.ts";
import type { BlockDraft, BlockRoots } from "../codec/block-codec.ts";
import { signUpdate } from "../codec/update-codec.ts";
import type { Commit } from "../commit.ts";
import { portableCrypto } from "../crypto/portable.ts";
import { type Digest, digestFromBytes } from "../digest.ts";
import {
  SCORE_MAX,
  commitIndex,
  epoch,
  modelId,
  round,
  score,
  sequenceNumber,
  validatorIndex,
  versionNumber,
} from "../ids.ts";
import { DELTA_CODECS, type SignedUpdate, type UpdateHeader } from "../update.ts";
import { AGGREGATOR_NAMES, CLIP_RULES, type VersionRecord } from "../version-record.ts";
import { testDevice } from "./test-committee.ts";

const LIST = { maxLength: 4 };

export const arbitraryCount: fc.Arbitrary<number> = fc.oneof(
  fc.nat({ max: 300 }),
  fc.constantFrom(0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);

const positive: fc.Arbitrary<number> = arbitraryCount.map((count) => Math.max(1, count));

export function arbitraryBytes(size: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: size, maxLength: size });
}

export function arbitraryDigest<Kind extends Digest = Digest>(): fc.Arbitrary<Kind> {
  return arbitraryBytes(32).map((bytes) => digestFromBytes<Kind>(bytes));
}

const scoreOrNull = fc.option(
  fc.oneof(fc.integer(), fc.integer({ min: -SCORE_MAX, max: SCORE_MAX })).map((value) => score(value)),
);

export const arbitraryRef: fc.Arbitrary<BlockRef> = fc.record({
  round: arbitraryCount.map(round),
  author: fc.nat({ max: 1023 }).map(validatorIndex),
  digest: arbitraryDigest(),
});

const coinShare: fc.Arbitrary<CoinShare> = fc.record({
  points: fc.array(arbitraryBytes(32), LIST),
  proof: arbitraryBytes(64),
});
const commitVote: fc.Arbitrary<CommitVote> = fc.record({
  index: arbitraryCount.map(commitIndex),
  digest: arbitraryDigest(),
});
const checkpointVote: fc.Arbitrary<CheckpointVote> = fc.record({
  index: arbitraryCount.map(commitIndex),
  stateRoot: arbitraryDigest(),
  signature: arbitraryBytes(64),
});

export const arbitraryHeader: fc.Arbitrary<Omit<BlockHeader, keyof BlockRoots>> = fc.record({
  version: fc.constant(1 as const),
  chainId: arbitraryDigest<BlockHeader["chainId"]>(),
  epoch: arbitraryCount.map(epoch),
  round: arbitraryCount.map(round),
  author: fc.nat({ max: 1023 }).map(validatorIndex),
  parents: fc.array(arbitraryRef, LIST),
  coinShare: fc.option(coinShare),
  commitVotes: fc.array(commitVote, LIST),
  checkpointVotes: fc.array(checkpointVote, LIST),
  timestampMs: arbitraryCount,
});

export const arbitraryUpdateHeader: fc.Arbitrary<UpdateHeader> = fc.record({
  version: fc.constant(1 as const),
  chainId: arbitraryDigest<UpdateHeader["chainId"]>(),
  deviceId: arbitraryDigest<UpdateHeader["deviceId"]>(),
  devicePublicKey: fc.constant(testDevice(0).signer.publicKey),
  modelId: fc.constantFrom("digits", "a", "x".repeat(64)).map(modelId),
  baseVersion: arbitraryDigest<UpdateHeader["baseVersion"]>(),
  sequence: positive.map(sequenceNumber),
  payloadRoot: arbitraryDigest(),
  payloadBytes: positive,
  codec: fc.constantFrom(...DELTA_CODECS),
  sampleCount: positive,
  dataSetRoot: fc.option(arbitraryDigest()),
  privacy: fc.option(fc.string({ unit: "grapheme", maxLength: 8 })),
});

export const arbitraryUpdate: fc.Arbitrary<SignedUpdate> = arbitraryUpdateHeader.map((header) =>
  signUpdate(header, testDevice(0).signer, portableCrypto.sha256),
);

const ack: fc.Arbitrary<Ack> = fc.record({ update: arbitraryDigest<Ack["update"]>(), score: scoreOrNull });

export const arbitraryBody: fc.Arbitrary<BlockBody> = fc.record({
  acks: fc.array(ack, LIST),
  updates: fc.array(arbitraryUpdate, { maxLength: 2 }),
  transactions: fc.array(fc.uint8Array({ maxLength: 300 }), LIST),
  control: fc.array(
    fc.record({ kind: fc.integer({ min: 1, max: 255 }), payload: fc.uint8Array({ maxLength: 40 }) }),
    LIST,
  ),
});

export const arbitraryDraft: fc.Arbitrary<BlockDraft> = fc.record({ header: arbitraryHeader, body: arbitraryBody });

export const arbitraryCommit: fc.Arbitrary<Commit> = fc.record({
  index: positive.map(commitIndex),
  previous: arbitraryDigest<Commit["previous"]>(),
  epoch: arbitraryCount.map(epoch),
  slot: fc.record({ kind: fc.constantFrom("P" as const, "C" as const), number: arbitraryCount }),
  leader: arbitraryRef,
  blocks: fc.array(arbitraryRef, LIST),
  timestampMs: arbitraryCount,
});

export const arbitraryVersionRecord: fc.Arbitrary<VersionRecord> = fc.record({
  modelId: fc.constantFrom("digits", "b.2").map(modelId),
  version: arbitraryCount.map(versionNumber),
  parent: arbitraryDigest<VersionRecord["parent"]>(),
  updates: fc.array(
    fc.record({
      update: arbitraryDigest<VersionRecord["updates"][number]["update"]>(),
      weight: arbitraryCount,
      score: scoreOrNull,
    }),
    LIST,
  ),
  aggregator: fc.record({ name: fc.constantFrom(...AGGREGATOR_NAMES), clip: fc.constantFrom(...CLIP_RULES) }),
  weightsRoot: arbitraryDigest(),
  weightsBytes: positive,
  metrics: fc.array(fc.record({ name: fc.string({ maxLength: 20 }), value: fc.maxSafeInteger() }), LIST),
  commitIndex: arbitraryCount.map(commitIndex),
});
