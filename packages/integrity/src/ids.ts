// Branded integers and names. Constructors assert: callers that hold untrusted values check the range first (codec/).

import { assert } from "./assert.ts";
import { type Brand, mint } from "./brand.ts";

export type Round = Brand<number, "Round">;
export type Epoch = Brand<number, "Epoch">;
export type ValidatorIndex = Brand<number, "ValidatorIndex">;
/** Commits count from 1; 0 is the state at genesis. */
export type CommitIndex = Brand<number, "CommitIndex">;
/** k of the coin slot C(k). */
export type CoinIndex = Brand<number, "CoinIndex">;
/** Version of a model; 0 is the genesis version. */
export type VersionNumber = Brand<number, "VersionNumber">;
/** Sequence number of a device's updates to one model; the first is 1. */
export type SequenceNumber = Brand<number, "SequenceNumber">;
/** Lower-case slug that names a model in the genesis file: 1 to 64 characters of a-z, 0-9, '-', '.', '_'. */
export type ModelId = Brand<string, "ModelId">;
/** Fixed-point score of an update, in units of 2^-20; a signed safe integer within SCORE_MAX. */
export type Score = Brand<number, "Score">;

const MODEL_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** |score| of an ack never exceeds this (2^40 units of 2^-20). */
export const SCORE_MAX: number = 2 ** 40;

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function isModelId(value: string): boolean {
  return MODEL_ID.test(value);
}

export function isScore(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && Math.abs(value) <= SCORE_MAX;
}

export function round(value: number): Round {
  return mintCount<Round>(value, "a round is a non-negative safe integer");
}

export function epoch(value: number): Epoch {
  return mintCount<Epoch>(value, "an epoch is a non-negative safe integer");
}

export function validatorIndex(value: number): ValidatorIndex {
  return mintCount<ValidatorIndex>(value, "a validator index is a non-negative safe integer");
}

export function commitIndex(value: number): CommitIndex {
  return mintCount<CommitIndex>(value, "a commit index is a non-negative safe integer");
}

export function coinIndex(value: number): CoinIndex {
  return mintCount<CoinIndex>(value, "a coin index is a non-negative safe integer");
}

export function versionNumber(value: number): VersionNumber {
  return mintCount<VersionNumber>(value, "a version number is a non-negative safe integer");
}

export function sequenceNumber(value: number): SequenceNumber {
  return mintCount<SequenceNumber>(value, "a sequence number is a non-negative safe integer");
}

export function modelId(value: string): ModelId {
  assert(isModelId(value), "a model id is a slug of 1 to 64 characters");
  return mint<ModelId>(value);
}

export function score(value: number): Score {
  assert(isScore(value), "a score is a safe integer within SCORE_MAX");
  return mint<Score>(value);
}

function mintCount<Branded>(value: number, whatMustHold: string): Branded {
  assert(isCount(value), whatMustHold);
  return mint<Branded>(value);
}
