// What follows for our own signing from what is known of our past (docs/protocol.md §11, "Restart"): whom to ask, when to
// go on, when to stop. Called at the start, after every step, and for every block of ours that we did not make.

import { type BlockRef, mustExist, round as roundOf } from "@selvedge/integrity";
import type { NewestAnswer } from "../amnesia.ts";
import type { Core } from "../core.ts";
import type { Step } from "../step.ts";

/** Leader timeouts, besides the idle delay, without a full round: then nobody makes rounds without us. */
const SILENT_TIMEOUTS = 4;

/** The engine's first input: asks the others, if we may not sign yet. */
export function startStanding(core: Core, step: Step): void {
  const { signing, own } = core;
  if (own.previous === null) return;
  signing.begin(own.previous.round);
  if (signing.hasForgotten) step.forget({ isRecovering: signing.standing === "recovering" });
  askAll(core, step);
}

/** The timer "ask" fired. */
export function onAskTimer(core: Core, step: Step): void {
  const { signing, clock, pacemaker, setup } = core;
  const { idleRoundDelayMs, leaderTimeoutMs, fetchTimeoutMs } = setup.local;
  const silentMax = Math.ceil((idleRoundDelayMs + SILENT_TIMEOUTS * leaderTimeoutMs) / fetchTimeoutMs);
  const resumeRound = signing.tryCutShort(clock.quorumRound, silentMax);
  if (resumeRound !== undefined) pacemaker.resumeAt(resumeRound);
  if (signing.standing === "listening") setAskTimer(core, step);
  askAll(core, step);
}

function setAskTimer({ setup }: Core, step: Step): void {
  step.request([{ type: "setTimer", id: "ask", delayMs: setup.local.fetchTimeoutMs }]);
}

/** Asks whoever has not answered so that it counts, and sets the timer for asking again. */
function askAll(core: Core, step: Step): void {
  const { signing } = core;
  if (!signing.isAsking) return;
  const isRecovering = signing.standing === "recovering";
  const due = signing.toAsk((answer) => !isRecovering || isCounted(core, answer));
  step.request(due.map((to) => ({ type: "askNewest", to }) as const));
  setAskTimer(core, step);
}

/** Whether we may sign, after what this step brought. */
export function reviewStanding(core: Core, step: Step): boolean {
  const { signing } = core;
  if (signing.isAsking) tryToSign(core, step);
  stopIfSignedElsewhere(core, step);
  return signing.maySign;
}

function tryToSign(core: Core, step: Step): void {
  const { signing, own } = core;
  signing.tryClear();
  const resumeRound = signing.tryResume((answer) => isCounted(core, answer), signedRoundOf(core));
  if (resumeRound !== undefined) {
    takeNewestOwn(core);
    core.pacemaker.restore(mustExist(own.previous, "a validator has a previous block").round);
    core.pacemaker.resumeAt(resumeRound);
  }
  if (signing.standing === "signing") step.request([{ type: "cancelTimer", id: "ask" }]);
}

/** A block with our signature that is not among ours. */
export function noteForeign(core: Core, step: Step, ref: BlockRef): void {
  const { signing, own } = core;
  const newest = mustExist(own.previous, "a validator has a previous block, be it genesis");
  // What we made ourselves and garbage collection has passed comes back now and then.
  if (ref.round <= core.rule.gcRound && ref.round <= newest.round) return;
  const isTelling = signing.onForeignBlock(ref, newest);
  if (!isTelling || signing.standing !== "asking") return;
  signing.forget();
  core.acks.mute();
  step.forget({ isRecovering: true });
  step.report([{ type: "amnesia", signedRound: ref.round, storedRound: roundOf(newest.round) }]);
  askAll(core, step);
}

/** Recovering: it vouches for its newest block, and that is in with its history, or so old that nothing depends on it. */
export function isCounted({ dag, rule }: Core, { theirs, vouches }: NewestAnswer): boolean {
  if (!vouches) return false;
  return theirs === null || theirs.ref.round <= rule.gcRound || dag.holds(theirs.ref);
}

function stopIfSignedElsewhere({ signing, self }: Core, step: Step): void {
  const block = signing.freshForeign;
  if (block === null || self === null) return;
  signing.stop();
  step.report([{ type: "signedElsewhere", author: self, block }]);
}

function signedRoundOf({ own, signing }: Core): number {
  return Math.max(own.signedRound, signing.newestShown()?.ref.round ?? 0);
}

/** P1: our next block follows the newest of ours that is in, or that lies where nothing is taken in any more. */
function takeNewestOwn({ own, dag, rule, self, signing }: Core): void {
  const shown = signing.newestShown();
  const old = shown !== null && shown.ref.round <= rule.gcRound ? shown : null;
  for (const block of [old, self === null ? null : (dag.newestOf(self)?.block ?? null)]) {
    if (block === null || block.ref.round <= (own.previous?.round ?? 0)) continue;
    own.previous = block.ref;
    own.newest = block;
  }
}
