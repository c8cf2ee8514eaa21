// An update between its header's first output and its end: which validators acked it, whether it is certified, and its
// score. The tallies are kept here; when they matter is update.ts.

import {
  type Committee,
  type Score,
  type SignedUpdate,
  type ValidatorIndex,
  type WireValue,
  digestToBytes,
  stakeOf,
  wireInteger,
} from "@selvedge/integrity";
import { type StakedScore, lowerMedianScore } from "./score.ts";

export interface PendingSnapshot {
  readonly update: SignedUpdate;
  readonly firstOutput: number;
  readonly certifiedAt: number | null;
  readonly score: Score | null;
  readonly acks: readonly (readonly [ValidatorIndex, Score | null])[];
}

export class PendingUpdate {
  readonly update: SignedUpdate;
  /** Commit of the header's first output in this epoch, or before it began: from here U5's expiry counts. */
  #firstOutput: number;
  #committee: Committee;
  /** The first ack output of each author in this epoch, with its score (U6). */
  readonly #acks: Map<ValidatorIndex, Score | null>;
  #ackedStake = 0;
  #scoredStake = 0;
  #certifiedAt: number | null;
  #score: Score | null;

  constructor(committee: Committee, snapshot: PendingSnapshot) {
    this.#committee = committee;
    this.update = snapshot.update;
    this.#firstOutput = snapshot.firstOutput;
    this.#certifiedAt = snapshot.certifiedAt;
    this.#score = snapshot.score;
    this.#acks = new Map();
    for (const [author, score] of snapshot.acks) this.ack(author, score);
  }

  get firstOutput(): number {
    return this.#firstOutput;
  }

  get ackedStake(): number {
    return this.#ackedStake;
  }

  get certifiedAt(): number | null {
    return this.#certifiedAt;
  }

  get score(): Score | null {
    return this.#score;
  }

  get hasQuorum(): boolean {
    return this.#ackedStake >= this.#committee.quorumStake;
  }

  /** U6: of each author the first ack that is output counts. True if this was it. */
  ack(author: ValidatorIndex, score: Score | null): boolean {
    if (this.#acks.has(author)) return false;
    const stake = stakeOf(this.#committee, author);
    this.#acks.set(author, score);
    this.#ackedStake += stake;
    if (score !== null) this.#scoredStake += stake;
    return true;
  }

  /** Another committee's acks count from here on. What is certified stays so, and a score that is fixed stays. */
  beginEpoch(committee: Committee, base: number): void {
    this.#committee = committee;
    this.#firstOutput = base;
    this.#acks.clear();
    this.#ackedStake = 0;
    this.#scoredStake = 0;
  }

  certify(commitIndex: number): void {
    this.#certifiedAt = commitIndex;
  }

  /** U6: fixes the score once scored acks hold stake Q; undefined if they do not, or if it was fixed before. */
  tryFixScore(): Score | undefined {
    if (this.#score !== null || this.#scoredStake < this.#committee.quorumStake) return undefined;
    const scores: StakedScore[] = [];
    for (const [author, score] of this.#acks) {
      if (score !== null) scores.push({ score, stake: stakeOf(this.#committee, author) });
    }
    this.#score = lowerMedianScore(scores);
    return this.#score;
  }

  snapshot(): PendingSnapshot {
    return {
      update: this.update,
      firstOutput: this.#firstOutput,
      certifiedAt: this.#certifiedAt,
      score: this.#score,
      acks: [...this.#acks].sort(([left], [right]) => left - right),
    };
  }
}

/** In an account's leaf of the state. */
export function pendingWire(pending: PendingUpdate): WireValue {
  const { update, firstOutput, certifiedAt, score, acks } = pending.snapshot();
  return [
    digestToBytes(update.digest),
    wireInteger(firstOutput),
    certifiedAt === null ? null : wireInteger(certifiedAt),
    score === null ? null : wireInteger(score),
    acks.map(ackWire),
  ];
}

export function ackWire([author, score]: readonly [ValidatorIndex, Score | null]): WireValue {
  return [author, score === null ? null : wireInteger(score)];
}
