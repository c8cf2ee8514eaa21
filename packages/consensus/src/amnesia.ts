// Whether our key may be used now (docs/protocol.md §11, "Restart"). Before its first signature a validator asks the
// others for the newest block by it that they know. Nobody of stake Q, itself included, knows a newer one than its store:
// it signs. Somebody does, or its safety file knows a round that the store lacks: it has forgotten what it signed, and
// recovers. Once it signs, or while it waits to, a block by it that it did not make is the work of a second process with
// its key: it stops for good.
//
// This file keeps what was asked and answered and says what follows; handle/on-newest.ts acts on it. No clock: answers,
// blocks and timers come in as inputs.

import {
  type BlockRef,
  type Committee,
  StakeTally,
  type ValidatorIndex,
  type VerifiedBlock,
  validatorIndex,
} from "@selvedge/integrity";

/**
 * "asking": what others know of us is not yet heard. "recovering": others know, or our safety file does, what our store
 * lacks. "listening": we know where to go on, and wait for that round without hearing of a second process with our key.
 * "stopped": we have heard of one.
 */
export type Standing = "signing" | "asking" | "recovering" | "listening" | "stopped";

export interface SigningStatus {
  readonly standing: Standing;
  /** Who has answered so that it counts, ascending; we are not among them. */
  readonly answered: readonly number[];
  readonly answeredStake: number;
  /** Stake whose answers are needed, of others than us. */
  readonly neededStake: number;
  /** After an amnesia, the round of our first block. */
  readonly resumeRound: number | null;
  /** Since an amnesia we ack nothing for the rest of the epoch, and mark no end (U3). */
  readonly hasForgotten: boolean;
  /** The block for which we stopped: by us, and not made by us. */
  readonly foreign: BlockRef | null;
}

/** What one validator said of us and of itself. */
export interface NewestAnswer {
  /** The newest block by us that it knows. */
  readonly ours: VerifiedBlock | null;
  /** Its own newest block; null if it has made none. */
  readonly theirs: VerifiedBlock | null;
  /** False while it may have forgotten blocks of its own: then `theirs` says nothing. */
  readonly vouches: boolean;
}

export interface SigningGuardSetup {
  readonly committee: Committee;
  /** Null in an observer, which signs nothing and asks nobody. */
  readonly self: ValidatorIndex | null;
  /** Rounds to listen for a second process with our key after an amnesia; 0: ask nobody before signing. */
  readonly doppelgangerRounds: number;
}

/** How far above the newest block of Q others our own last one may be: its parents of the round before had a quorum. */
const PAST_ABOVE_NEWEST = 1;

export class SigningGuard {
  readonly #setup: SigningGuardSetup;
  readonly #answers = new Map<ValidatorIndex, NewestAnswer>();
  #standing: Standing = "signing";
  #hasForgotten = false;
  /** A block by us of this round or above is not of our past: if we did not make it, somebody else did. */
  #firstFreshRound: number | null = null;
  #resumeRound: number | null = null;
  /** The resume round without any listening. */
  #soonestRound = 0;
  /** While listening: the last full round when the timer fired last, and how often it was the same. */
  #heardRound = 0;
  #silentCount = 0;
  /** Of the blocks by us that we did not make, the one of the highest round. */
  #foreign: BlockRef | null = null;

  constructor(setup: SigningGuardSetup) {
    this.#setup = setup;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** While listening, from the resume round on. */
  get maySign(): boolean {
    return this.#standing === "signing" || this.#standing === "listening";
  }

  get isAsking(): boolean {
    return this.#standing === "asking" || this.#standing === "recovering";
  }

  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  /** Of an earlier life of this process, within this epoch. */
  restoreForgotten(): void {
    this.#hasForgotten = true;
  }

  /** Before the first input: our newest block has this round. */
  begin(newestRound: number): void {
    if (this.#standing !== "signing" || this.#setup.self === null || this.#setup.doppelgangerRounds === 0) return;
    this.#standing = "asking";
    this.#firstFreshRound = newestRound + 1;
  }

  /** The store lacks what we have signed. */
  forget(): void {
    this.#standing = "recovering";
    this.#hasForgotten = true;
    this.#firstFreshRound = null;
  }

  /** Whom to ask now: everybody whose answer does not count yet. */
  toAsk(counts: (answer: NewestAnswer) => boolean): readonly ValidatorIndex[] {
    if (!this.isAsking) return [];
    const due: ValidatorIndex[] = [];
    for (const { index } of this.#setup.committee.validators) {
      if (index === this.#setup.self) continue;
      const answer = this.#answers.get(index);
      if (answer !== undefined && counts(answer)) continue;
      due.push(index);
    }
    return due;
  }

  onAnswer(from: ValidatorIndex, answer: NewestAnswer): void {
    this.#answers.set(from, answer);
  }

  /** A block by us that we did not make; `newest` is our newest. True if it shows that we must not go on as we are. */
  onForeignBlock(ref: BlockRef, newest: BlockRef): boolean {
    if (this.#standing === "stopped") return false;
    if (this.#foreign === null || ref.round > this.#foreign.round) this.#foreign = ref;
    if (this.#standing === "asking")
      return ref.round > newest.round || (ref.round === newest.round && ref.digest !== newest.digest);
    return this.maySign && this.#isFresh(ref);
  }

  /** Asking: answers of stake Q, ours included, are in, and none of them showed anything newer than our store has. */
  tryClear(): boolean {
    if (this.#standing !== "asking") return false;
    const tally = this.#tally([...this.#answers.keys()]);
    if (this.#setup.self !== null) tally.add(this.#setup.self);
    if (!tally.hasQuorum) return false;
    this.#standing = "signing";
    return true;
  }

  /**
   * Recovering: once Q stake of others has answered so that it counts, the round to resume at, and above `signedRound`
   * in any case. Our last block had parents of stake Q in the round before, one at least by an honest answerer, whose
   * newest block is no older: what is higher than the newest of all by two is not of our past.
   */
  tryResume(counts: (answer: NewestAnswer) => boolean, signedRound: number): number | undefined {
    if (this.#standing !== "recovering") return undefined;
    const counted = [...this.#answers].filter(([, answer]) => counts(answer));
    if (!this.#tally(counted.map(([index]) => index)).hasQuorum) return undefined;
    const highest = counted.reduce((round, [, { theirs }]) => Math.max(round, theirs?.ref.round ?? 0), 0);
    this.#firstFreshRound = highest + PAST_ABOVE_NEWEST + 1;
    this.#soonestRound = Math.max(this.#firstFreshRound, signedRound + 1);
    this.#resumeRound = this.#soonestRound + this.#setup.doppelgangerRounds;
    this.#standing = "listening";
    return this.#resumeRound;
  }

  /**
   * The timer fired while we listen. If nobody has filled a round for long, the others may be waiting for us, and there
   * is nobody with our key whom we could hear: the round to resume at instead.
   */
  tryCutShort(quorumRound: number, silentMax: number): number | undefined {
    if (this.#standing !== "listening") return undefined;
    this.#silentCount = quorumRound === this.#heardRound ? this.#silentCount + 1 : 0;
    this.#heardRound = quorumRound;
    const resumeRound = Math.max(this.#soonestRound, quorumRound + 1);
    if (this.#silentCount < silentMax || this.#resumeRound === null || resumeRound >= this.#resumeRound)
      return undefined;
    this.#resumeRound = resumeRound;
    return resumeRound;
  }

  /** We made a block: what we know of ourselves is all there is again. */
  onOwnBlock(): void {
    if (this.#standing === "listening") this.#standing = "signing";
  }

  /** The block that shows a second process with our key at work, if there is one. */
  get freshForeign(): BlockRef | null {
    return this.maySign && this.#foreign !== null && this.#isFresh(this.#foreign) ? this.#foreign : null;
  }

  stop(): void {
    this.#standing = "stopped";
  }

  /** The newest block by us that anybody has shown. */
  newestShown(): VerifiedBlock | null {
    let newest: VerifiedBlock | null = null;
    for (const { ours } of this.#answers.values()) {
      if (ours !== null && (newest === null || isBefore(newest.ref, ours.ref))) newest = ours;
    }
    return newest;
  }

  status(counts: (answer: NewestAnswer) => boolean): SigningStatus {
    const { self, committee } = this.#setup;
    const isRecovering = this.#standing === "recovering";
    const answered = [...this.#answers].filter(([, answer]) => !isRecovering || counts(answer)).map(([index]) => index);
    const ownStake = self === null || isRecovering ? 0 : this.#tally([self]).stake;
    return {
      standing: this.#standing,
      answered: answered.toSorted((left, right) => left - right),
      answeredStake: this.#tally(answered).stake,
      neededStake: this.isAsking ? Math.max(0, committee.quorumStake - ownStake) : 0,
      resumeRound: this.#resumeRound,
      hasForgotten: this.#hasForgotten,
      foreign: this.#standing === "stopped" ? this.#foreign : null,
    };
  }

  #isFresh({ round }: BlockRef): boolean {
    return this.#setup.doppelgangerRounds > 0 && this.#firstFreshRound !== null && round >= this.#firstFreshRound;
  }

  #tally(validators: readonly number[]): StakeTally {
    const tally = new StakeTally(this.#setup.committee);
    for (const index of validators) tally.add(validatorIndex(index));
    return tally;
  }
}

/** Of two blocks of ours of one round, which there should never be, the one of the lower digest counts as the newest. */
function isBefore(left: BlockRef, right: BlockRef): boolean {
  if (left.round !== right.round) return left.round < right.round;
  return right.digest < left.digest;
}
