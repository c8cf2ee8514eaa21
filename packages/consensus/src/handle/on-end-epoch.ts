// The host says that the end of the epoch is ordered (docs/protocol.md §11): acks stop here and now, and what follows for
// our marker is end-epoch.ts' work.

import { END_MARKER_KIND } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import type { Step } from "../step.ts";
import { closeEpoch, markEnd } from "./end-epoch.ts";
import { settle } from "./settle.ts";

export function onEndEpoch(core: Core, step: Step): void {
  stopAcks(core);
  markEnd(core);
  settle(core, step);
}

/** After a restart: parts of our marker show that we have acked our last, whether or not the host has said so again. */
export function resumeEnding(core: Core, step: Step): void {
  if (hasBegunMarker(core)) {
    stopAcks(core);
    markEnd(core);
  }
  if (core.rule.isClosed) closeEpoch(core, step);
}

function stopAcks({ own, acks }: Core): void {
  own.isEnding = true;
  acks.mute();
}

function hasBegunMarker({ self, rule, content }: Core): boolean {
  if (rule.endMarkers.some(({ author }) => author === self)) return true;
  for (const { body } of content.uncommitted) {
    if (body.control.some(({ kind }) => kind === END_MARKER_KIND)) return true;
  }
  return false;
}
