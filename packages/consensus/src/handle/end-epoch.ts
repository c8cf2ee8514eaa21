// How our part of an epoch ends (docs/protocol.md §11): our end marker, and the commit that closes the epoch. Called from
// settle.ts with every step; when the end is asked for is on-end-epoch.ts' work.

import { EndMarkerTally, buildEndMarker, mustExist } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import type { Step } from "../step.ts";

/** Makes our end marker once, as soon as it is not too long: output shortens it, of our own making too. Acks have stopped. */
export function markEnd(core: Core): void {
  const { self, setup, own, signing, rule } = core;
  // An amnesiac may have acked what it cannot list.
  if (self === null || own.isMarked || signing.hasForgotten || rule.isClosed) return;
  if (!hasWholeMarker(core)) {
    const marker = buildEndMarker(core.unseenAcks.all, setup.crypto.sha256);
    if (marker === undefined) {
      // Nobody else may: who brought them may be one whose blocks nobody refers to (D2).
      core.content.add({ updates: core.unseenAcks.unordered, transactions: [], control: [] });
      return;
    }
    core.content.addControl(marker);
  }
  own.isMarked = true;
}

/** The last commit is out: from here on only votes for it are of use. */
export function closeEpoch(core: Core, step: Step): void {
  const last = mustExist(core.own.lastCommit, "an epoch is closed by a commit");
  core.checkpointVotes.onClosed(last.commit.index);
  step.close({ type: "epochClosed", last, leftover: core.content.leftover() });
}

/** Whether output and our blocks to come hold all parts of one marker of ours: so after a restart, as a rule. */
function hasWholeMarker({ self, setup, rule, content }: Core): boolean {
  if (self === null) return false;
  const tally = new EndMarkerTally({ ...setup, keepsUpdates: false }, rule.endMarkers);
  tally.onOutput(content.uncommitted);
  tally.onEntries(self, content.pendingControl);
  return tally.isCounted(self);
}
