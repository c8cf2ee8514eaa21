// Who may vote and with what stake: the weighted arithmetic of docs/protocol.md §1, used by every package.

import { assert, mustExist } from "./assert.ts";
import { type Epoch, type ValidatorIndex, validatorIndex } from "./ids.ts";

export interface Validator {
  readonly index: ValidatorIndex;
  /** Integer ≥ 1. */
  readonly stake: number;
  /** ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface Committee {
  readonly epoch: Epoch;
  readonly validators: readonly Validator[];
  /** S: sum of all stakes, below 2^53. */
  readonly totalStake: number;
  /** F = ⌊(S−1)/3⌋: the most stake that may be faulty. */
  readonly faultyStakeMax: number;
  /** Q = S − F: any two quorums share an honest validator. */
  readonly quorumStake: number;
  /** F + 1: at least one honest validator. */
  readonly validityStake: number;
  /** The stake of each validator, if all have the same: then a quorum is a number of validators. */
  readonly equalStake: number | null;
}

export interface CommitteeMember {
  readonly stake: number;
  readonly publicKey: Uint8Array;
}

/** Asserts positive integer stakes whose sum is a safe integer; callers with untrusted input check first (genesis.ts). */
export function createCommittee(epoch: Epoch, members: readonly CommitteeMember[]): Committee {
  assert(members.length > 0, "a committee has members");
  const validators = members.map(({ stake, publicKey }, position) => {
    assert(Number.isSafeInteger(stake) && stake >= 1, "a stake is a positive safe integer");
    return { index: validatorIndex(position), stake, publicKey };
  });
  const totalStake = validators.reduce((sum, { stake }) => sum + stake, 0);
  assert(Number.isSafeInteger(totalStake), "stakes sum to a safe integer");
  const [first] = validators;
  const isEqual = validators.every(({ stake }) => stake === first?.stake);
  const faultyStakeMax = Math.floor((totalStake - 1) / 3);
  return {
    epoch,
    validators,
    totalStake,
    faultyStakeMax,
    quorumStake: totalStake - faultyStakeMax,
    validityStake: faultyStakeMax + 1,
    equalStake: isEqual ? (first?.stake ?? null) : null,
  };
}

export function committeeSize(committee: Committee): number {
  return committee.validators.length;
}

export function isMember(committee: Committee, index: number): boolean {
  return Number.isSafeInteger(index) && index >= 0 && index < committee.validators.length;
}

export function memberOf(committee: Committee, index: ValidatorIndex): Validator {
  return mustExist(committee.validators[index], "the index is that of a member");
}

export function stakeOf(committee: Committee, index: ValidatorIndex): number {
  return memberOf(committee, index).stake;
}

/** Stake of the distinct members named. */
export function stakeOfAll(committee: Committee, indices: Iterable<ValidatorIndex>): number {
  let sum = 0;
  for (const index of new Set(indices)) sum += stakeOf(committee, index);
  return sum;
}

/** Counts the stake of distinct validators; adding one twice changes nothing. */
export class StakeTally {
  readonly #committee: Committee;
  /** One bit per validator: counted or not. */
  readonly #counted: Uint8Array;
  #stake = 0;

  constructor(committee: Committee) {
    this.#committee = committee;
    this.#counted = new Uint8Array(committee.validators.length);
  }

  /** True if the validator was not counted before. */
  add(index: ValidatorIndex): boolean {
    if (this.#counted[index] === 1) return false;
    this.#counted[index] = 1;
    this.#stake += stakeOf(this.#committee, index);
    return true;
  }

  has(index: ValidatorIndex): boolean {
    return this.#counted[index] === 1;
  }

  get stake(): number {
    return this.#stake;
  }

  get hasQuorum(): boolean {
    return this.#stake >= this.#committee.quorumStake;
  }

  get hasValidity(): boolean {
    return this.#stake >= this.#committee.validityStake;
  }
}
