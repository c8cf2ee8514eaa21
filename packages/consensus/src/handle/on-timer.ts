// Timers that we asked for. A fetch timer that fires too late for its request is nobody's and does nothing.

import type { Core } from "../core.ts";
import type { TimerInput } from "../input.ts";
import type { Step } from "../step.ts";
import { makeBlock, sendAgain } from "./make-block.ts";
import { settle } from "./settle.ts";
import { onAskTimer } from "./standing.ts";

export function onTimer(core: Core, step: Step, { id }: TimerInput): void {
  switch (id) {
    case "propose":
      onProposeTimer(core, step);
      break;
    case "leader":
      core.pacemaker.onLeaderTimer();
      break;
    case "idle":
      core.pacemaker.onIdleTimer();
      break;
    case "resend":
      if (core.pacemaker.onResendTimer(core.view)) sendAgain(core, step);
      break;
    case "ask":
      onAskTimer(core, step);
      break;
    default:
      onFetchTimer(core, Number(id.slice("fetch:".length)));
  }
  settle(core, step);
}

function onProposeTimer(core: Core, step: Step): void {
  if (core.self === null || !core.signing.maySign) return;
  const round = core.pacemaker.onProposeTimer(core.view);
  if (round !== undefined) makeBlock(core, step, round);
}

function onFetchTimer({ fetcher, ranges, authors, branches, clock }: Core, fetchId: number): void {
  if (fetcher.owns(fetchId)) fetcher.onTimeout(fetchId);
  else if (ranges.owns(fetchId)) ranges.onFinished(clock.quorumRound);
  else if (branches.owns(fetchId)) branches.onTimeout(fetchId);
  else authors.onTimeout(fetchId);
}
