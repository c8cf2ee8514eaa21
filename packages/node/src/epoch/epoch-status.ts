// The change of committee that is under way, in words: what `status` and `epoch show` say it waits for.

import { committeeOfEpoch } from "@selvedge/integrity";
import type { ApprovedInfo, EpochInfo } from "@selvedge/ledger";
import type { EpochStatus } from "../daemon/services.ts";
import type { EpochAt } from "./epoch-at.ts";

/** As the node sees it: until an epoch's first commit is executed, the ledger still tells of the one before. */
export function presentInfo({ start, startDigest }: EpochAt, info: EpochInfo): EpochInfo {
  if (info.start.epoch === start.epoch || startDigest === undefined) return info;
  return { start, startDigest, next: null, isEnding: false, markedStake: 0, open: [], approved: null };
}

export function epochStatusOf(info: EpochInfo): EpochStatus {
  const { start } = info;
  return { number: start.epoch, members: start.members.length, change: changeSentence(info) };
}

export function changeSentence(info: EpochInfo): string | null {
  const { quorumStake } = committeeOfEpoch(info.start);
  const { approved, open, next, isEnding, markedStake } = info;
  if (next !== null) return `epoch ${next.epoch} begins once a quorum has signed commit ${next.base.index}`;
  if (isEnding) return `the epoch ends: end markers of stake ${markedStake} of ${quorumStake} are ordered`;
  if (approved !== null) return `a change is approved and waits for ${dealingsWanted(approved, quorumStake)}`;
  if (open.length === 0) return null;
  const best = open.reduce((left, right) => (right.approvedStake > left.approvedStake ? right : left));
  return `${open.length} proposed; the most approved has stake ${best.approvedStake} of ${quorumStake}`;
}

function dealingsWanted({ dealings }: ApprovedInfo, quorumStake: number): string {
  if (dealings === null || dealings.isComplete) return "its first commit";
  return `dealings of the coin's next key of stake ${quorumStake}; those of stake ${dealings.countedStake} count so far`;
}
