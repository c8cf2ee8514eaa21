// The committee's state as its host asks for it.

import { commitIndex } from "@selvedge/integrity";
import type { CommitteeState } from "./module/committee-state.ts";
import type { Dealings } from "./module/dealings.ts";
import type { Governance } from "./module/governance.ts";
import type { OpenProposal } from "./module/proposals.ts";
import type { ApprovedInfo, DealingsInfo, EpochInfo, ProposalInfo } from "./query.ts";

export function epochInfoOf({ start, startDigest, next, governance, markedStake }: CommitteeState): EpochInfo {
  return {
    start,
    startDigest,
    next,
    isEnding: governance.isEnding,
    markedStake,
    open: governance.proposals.open.map(proposalInfo),
    approved: approvedInfo(governance),
  };
}

function approvedInfo({ proposals, coming, dealings }: Governance): ApprovedInfo | null {
  if (proposals.approved === null || coming === null) return null;
  return {
    ...proposalInfo(proposals.approved),
    members: coming,
    dealings: dealings === null ? null : dealingsInfo(dealings),
  };
}

function proposalInfo({ digest, proposal, since, approvals, approvedStake }: OpenProposal): ProposalInfo {
  return { digest, proposal, since: commitIndex(since), approvals, approvedStake };
}

function dealingsInfo(dealings: Dealings): DealingsInfo {
  const { context, sizeBytes } = dealings.setup;
  return {
    context,
    sizeBytes,
    dealers: dealings.snapshot().dealers.map(({ dealer, verdict, parts }) => ({
      dealer,
      verdict,
      missingParts: parts.flatMap(({ length }, part) => (length === 0 ? [part] : [])),
    })),
    countedStake: dealings.stake,
    isComplete: dealings.keys !== null,
  };
}
