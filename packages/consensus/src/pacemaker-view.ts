// What the pacemaker sees of an engine (docs/protocol.md §4): a window on parts that change, made once.

import type { Acks } from "./acks.ts";
import type { CommitRule } from "./commit/commit-rule.ts";
import type { OwnContent } from "./content.ts";
import type { DagState } from "./dag/dag-state.ts";
import type { PayloadTracker } from "./dag/payload-tracker.ts";
import type { ThresholdClock } from "./dag/threshold-clock.ts";
import { type LeaderView, isLeaderSettled } from "./pacemaker-leader.ts";
import type { PacemakerView } from "./pacemaker.ts";
import type { EngineSetup } from "./params.ts";
import type { CheckpointVotes } from "./votes-checkpoint.ts";

export interface ViewedParts {
  readonly setup: EngineSetup;
  readonly rule: CommitRule;
  readonly dag: DagState;
  readonly clock: ThresholdClock;
  readonly content: OwnContent;
  readonly acks: Acks;
  readonly payload: PayloadTracker;
  readonly checkpointVotes: CheckpointVotes;
}

export function createPacemakerView(parts: ViewedParts): PacemakerView {
  const { setup, rule, dag, clock, content, acks, payload, checkpointVotes } = parts;
  const { firstCoinRound, coinPeriod } = setup.params;
  const leaderView: LeaderView = {
    committee: setup.committee,
    params: setup.params,
    dag,
    leaderOf: (round) => rule.leaderOf(round),
    get gcRound() {
      return rule.gcRound;
    },
    isSlotSettled: (round) => rule.isSlotSettled(round),
  };
  return {
    get quorumRound() {
      return clock.quorumRound;
    },
    // A2: of the slots with ρ ≤ x ≤ ρ+w−1 the last in slot order is P(x), key (x, 1); C(k) has key (r_k − 2, 0).
    isPassable: (round) => {
      const { kind, number } = rule.nextSlot();
      return kind === "P" ? number > round : firstCoinRound + number * coinPeriod - 2 > round;
    },
    isLeaderSettled: (round) => isLeaderSettled(round, leaderView),
    get isIdle() {
      // §11: nothing is ordered any more; what the network waits for are votes for the last commit.
      if (rule.isClosed) return checkpointVotes.next().length === 0;
      return content.pendingCount === 0 && acks.dueCount === 0 && payload.isEmpty;
    },
  };
}
