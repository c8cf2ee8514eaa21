// When to make the next block (docs/protocol.md §4): A1, A2, C1–C3, the least delay between blocks, and idling. Knows time
// only as timers it asked for; what the DAG says comes in as a view. Making the block is dag/proposer.ts' work.
//
// A block is never built in the step that makes it possible: that step asks for the timer "propose" (of no delay, if
// nothing else holds us back), so that what the host answers at the same instant still gets into the block.

import { assert } from "@selvedge/integrity";
import type { SetTimerEffect, CancelTimerEffect } from "./effect.ts";
import type { LocalParams } from "./params.ts";

export interface PacemakerView {
  /** Highest round of which Q stake is accepted. */
  readonly quorumRound: number;
  /** A2's exception: every slot that a block of this round could help to decide is before our output cursor. */
  readonly isPassable: (round: number) => boolean;
  /** C1 for a block of this round. */
  readonly isLeaderSettled: (round: number) => boolean;
  /** Nothing pending and nothing with payload uncommitted. */
  readonly isIdle: boolean;
}

/** Leader timeouts for which a round may stay short of a quorum before our block is sent again. */
const RESEND_TIMEOUTS = 4;

type TimerEffect = SetTimerEffect | CancelTimerEffect;

const NO_TIMERS: readonly TimerEffect[] = [];

export class Pacemaker {
  readonly #local: LocalParams;
  /** Round of our last block; 0 is genesis. */
  #ownRound = 0;
  /** Rounds up to here are made or passed over for good. */
  #leftRound = 0;
  /** The round whose leader timer runs or ran. */
  #enteredRound = 0;
  #isLeaderTimedOut = false;
  /** "delay": roundDelayMin since our last block still runs. "now": the block is to be built at once. */
  #propose: "none" | "delay" | "now" | "barren" = "none";
  #idle: "none" | "waiting" | "passed" = "none";
  /** How often a block that was to be built at once was put off for an answer of the same instant. */
  #putOffCount = 0;
  /** The round that was short of a quorum when the timer "resend" was set; undefined while it does not run. */
  #shortRound: number | undefined;

  constructor(local: LocalParams) {
    this.#local = local;
  }

  get ownRound(): number {
    return this.#ownRound;
  }

  /** Highest round that we need make no block of any more. */
  get leftRound(): number {
    return this.#leftRound;
  }

  restore(ownRound: number): void {
    this.#ownRound = ownRound;
    this.#leftRound = Math.max(this.#leftRound, ownRound);
  }

  /** §11: our next block is of this round or a later one; A1 and A2 do not bind the gap below it. Before we made any. */
  resumeAt(round: number): void {
    assert(round > this.#ownRound, "no round is made twice");
    this.#leftRound = round - 1;
  }

  onOwnBlock(ownRound: number): readonly TimerEffect[] {
    this.#ownRound = ownRound;
    this.#leftRound = ownRound;
    this.#propose = "delay";
    this.#putOffCount = 0;
    const timers: TimerEffect[] = [{ type: "setTimer", id: "propose", delayMs: this.#local.roundDelayMinMs }];
    if (this.#idle === "waiting") timers.push({ type: "cancelTimer", id: "idle" });
    this.#idle = "none";
    return timers;
  }

  /**
   * The host was asked to check a payload: a block that is to be built now goes behind an answer that is ready now. As
   * often as there are validators, for each block of the round before may bring a header; a flood of them must not
   * keep us silent.
   */
  onCheckAsked(putOffMax: number): readonly TimerEffect[] {
    if (this.#propose !== "now" || this.#putOffCount >= putOffMax) return [];
    this.#putOffCount += 1;
    return [{ type: "setTimer", id: "propose", delayMs: 0 }];
  }

  /**
   * No parents of Q stake were found for the round that was due: a second process with our key has a block there, which
   * counts for the round and not for us. Tried again after the least delay, or we would ask ourselves without end.
   */
  onNoParents(): readonly TimerEffect[] {
    this.#propose = "barren";
    return [{ type: "setTimer", id: "propose", delayMs: Math.max(1, this.#local.roundDelayMinMs) }];
  }

  onLeaderTimer(): void {
    // C2
    this.#isLeaderTimedOut = true;
  }

  onIdleTimer(): void {
    if (this.#idle === "waiting") this.#idle = "passed";
  }

  /**
   * The timer "resend" fired: whether the same round is short of a quorum still. Then messages were lost, ours perhaps:
   * a crash loses what was on its way, and if it was everybody's, nobody else would ever speak again.
   */
  onResendTimer({ quorumRound }: PacemakerView): boolean {
    const isStuck = quorumRound < this.#leftRound && this.#shortRound === this.#leftRound;
    this.#shortRound = undefined;
    return isStuck;
  }

  /** The timer "propose" fired: the round to build now, or undefined if something else holds us back. */
  onProposeTimer(view: PacemakerView): number | undefined {
    this.#propose = "none";
    const target = this.#target(view);
    return this.#isDue(target, view) ? target : undefined;
  }

  /** After every step: enters rounds and sets timers. */
  update(view: PacemakerView): readonly TimerEffect[] {
    const target = this.#target(view);
    // A1
    if (view.quorumRound < target - 1) return this.#awaitQuorum(target - 1);
    const timers: TimerEffect[] = [];
    if (this.#enteredRound !== target) {
      this.#enteredRound = target;
      this.#isLeaderTimedOut = false;
      timers.push({ type: "setTimer", id: "leader", delayMs: this.#local.leaderTimeoutMs });
    }
    this.#updateIdle(target, view, timers);
    if (this.#propose !== "now" && this.#propose !== "barren" && this.#isDue(target, view)) {
      this.#propose = "now";
      timers.push({ type: "setTimer", id: "propose", delayMs: 0 });
    }
    return timers;
  }

  /** A2: the round after our last block, or after those that may be passed over. */
  #target({ quorumRound, isPassable }: PacemakerView): number {
    while (quorumRound > this.#leftRound && isPassable(this.#leftRound + 1)) this.#leftRound += 1;
    return this.#leftRound + 1;
  }

  #isDue(target: number, view: PacemakerView): boolean {
    if (view.quorumRound < target - 1) return false;
    // C3 overrides every delay: whoever fell behind must be able to catch up.
    if (view.quorumRound >= target) return true;
    if (this.#propose === "delay") return false;
    if (view.isIdle && this.#idle !== "passed") return false;
    // C1, C2
    return this.#isReady(target, view);
  }

  #isReady(target: number, view: PacemakerView): boolean {
    return (this.#enteredRound === target && this.#isLeaderTimedOut) || view.isLeaderSettled(target);
  }

  #awaitQuorum(round: number): readonly TimerEffect[] {
    if (this.#shortRound !== undefined) return NO_TIMERS;
    this.#shortRound = round;
    return [{ type: "setTimer", id: "resend", delayMs: RESEND_TIMEOUTS * this.#local.leaderTimeoutMs }];
  }

  /** The idle delay starts when nothing but idleness holds the block back, and ends as soon as we are not idle. */
  #updateIdle(target: number, view: PacemakerView, timers: TimerEffect[]): void {
    if (!view.isIdle && this.#idle === "waiting") {
      this.#idle = "none";
      timers.push({ type: "cancelTimer", id: "idle" });
    }
    if (!view.isIdle || this.#idle !== "none" || this.#propose === "delay") return;
    if (!this.#isReady(target, view)) return;
    this.#idle = "waiting";
    timers.push({ type: "setTimer", id: "idle", delayMs: this.#local.idleRoundDelayMs });
  }
}
