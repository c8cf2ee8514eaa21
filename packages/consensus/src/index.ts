// The one door of the package: explicit re-exports, nothing else is reachable.

export { type NewestAnswer, type SigningStatus, type Standing } from "./amnesia.ts";
export { type CoinKeysSetup, type FallbackCoinSetup, createCoinKeys, createFallbackCoin } from "./coin/coin.ts";
export { type CoinDeal, type DealtCoinKeys, dealCoinKeys } from "./coin/dealer.ts";
export { type CoinContribution, type CoinKeys, type CoinOpening } from "./coin/port.ts";
export {
  type DealingInput,
  type DealtShareInput,
  createDealingScheme,
  deal,
  dealtSecretShares,
} from "./coin/dealing.ts";
export { CommitFollower, type FollowFrom, type FollowedCommit } from "./commit/commit-follower.ts";
export { type ConsensusState, decodeConsensusState, encodeConsensusState } from "./commit/consensus-state.ts";
export { type EpochOrigin, epochSeedOf } from "./commit/leader-schedule.ts";
export {
  type AckRecord,
  type AskNewestEffect,
  type CancelTimerEffect,
  type CheckUpdateEffect,
  type CheckpointEffect,
  type CommitEffect,
  type Effect,
  type EpochClosedEffect,
  type FetchEffect,
  type FetchRangeEffect,
  type LookupEffect,
  type PersistEffect,
  type PersistedCommit,
  type ReceiptAckAt,
  type ReceiptEffect,
  type ReportEffect,
  type SafetyRecord,
  type SendEffect,
  type SetTimerEffect,
  type TimerId,
} from "./effect.ts";
export { type ConsensusEngine, type EngineStatus, createEngine } from "./engine.ts";
export { type Fault } from "./fault.ts";
export {
  type BlocksInput,
  type EndEpochInput,
  type ExecutedInput,
  type FetchFailedInput,
  type Input,
  type InputEvent,
  type LocalContentInput,
  type LookedUpInput,
  type NewestAnswerInput,
  type StartInput,
  type TimerInput,
  type UpdateCheckedInput,
} from "./input.ts";
export { type EngineMemo, createEngineMemo } from "./memo.ts";
export {
  DEFAULT_LOCAL_PARAMS,
  type EngineEpochBase,
  type EngineSetup,
  type LocalParams,
  type SlotFamilies,
  type ValidatorIdentity,
} from "./params.ts";
export { newestBlocksOf } from "./dag/newest-rounds.ts";
export { type RecoveredState } from "./recovered.ts";
export { acksDueAfter, acksToKeep } from "./unseen-acks.ts";
export { type ReplayCommit, type ReplayResult, type ViewResult, replayVector } from "./replay/replay.ts";
export {
  type SlotHistoryBlock,
  type SlotHistoryCommit,
  type SlotHistorySetup,
  type SlotOfHistory,
  slotHistory,
} from "./replay/slot-history.ts";
export { Trace, renderEffect } from "./trace.ts";
