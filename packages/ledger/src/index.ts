// The one door of the package: explicit re-exports, nothing else is reachable.

export {
  type AggregationJob,
  type AggregationOutcome,
  type JobId,
  type JobUpdate,
  METRIC_CLIPPED,
  METRIC_REFUSED,
} from "./aggregate/job.ts";
export { clipScales, lowerMedian, normOf } from "./aggregate/clip.ts";
export { type AggregationInputs, type AggregationResult, runAggregation } from "./aggregate/run-aggregation.ts";
export { updateWeight } from "./aggregate/staleness.ts";
export {
  type EpochLeaf,
  type EpochProof,
  type EpochStepContext,
  type ProvenEpoch,
  decodeEpochLeaf,
  followEpoch,
  verifyEpochProof,
} from "./epoch-proof.ts";
export {
  type AggregateRefusedEvent,
  type CommitteeApprovalEvent,
  type CommitteeApprovedEvent,
  type CommitteeProposedEvent,
  type DealingCountedEvent,
  type DealingRefusedEvent,
  type DeviceSignedTwiceEvent,
  type EpochClosedEvent,
  type EpochEndingEvent,
  type GovernanceEvent,
  type GovernanceRefusedEvent,
  type LedgerEvent,
  type ProposalDroppedEvent,
  type TransactionsLoggedEvent,
  type UpdateCertifiedEvent,
  type UpdateDroppedEvent,
  type UpdateExpiredEvent,
  type UpdateOutputEvent,
  type UpdateRefusedEvent,
  type UpdateScoredEvent,
  type VersionClosedEvent,
} from "./event.ts";
export {
  type AggregateResult,
  type ApplyResult,
  type CommitInput,
  type DoneResult,
  type Ledger,
  type LedgerOptions,
} from "./ledger-api.ts";
export { createLedger, restoreLedger } from "./ledger.ts";
export { LEDGER_LIMITS, type LedgerLimits } from "./limits.ts";
export { checkNorm } from "./module/authorisation.ts";
export { changedMembers, dealingSize } from "./module/committee-change.ts";
export { type KeyDealings } from "./module/committee-state.ts";
export { type CountedDealing } from "./module/dealings.ts";
export { transactionDigest } from "./module/log.ts";
export { genesisRecord } from "./module/model.ts";
export {
  type ApprovedInfo,
  type DealerInfo,
  type DealingsInfo,
  type DeviceInfo,
  type EpochInfo,
  type ModelInfo,
  type ProposalInfo,
  type SequenceInfo,
  type UpdatePermit,
  type UpdateStatus,
  type VersionList,
} from "./query.ts";
export {
  type LeafProof,
  type LineageConsistencyProof,
  type ModelLeaf,
  type ProvenVersion,
  type VersionProof,
  decodeModelLeaf,
  verifyLineageProof,
  verifyVersionProof,
} from "./state-proof.ts";
export {
  type ReplayOptions,
  type ReplayState,
  type ReplayStep,
  auditReplay,
  replayRecord,
  replayVersion,
  startReplay,
} from "./replay-lineage.ts";
