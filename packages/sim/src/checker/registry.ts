// Which checkers watch a run, and which of them must have had something to check for a PASS. They share one index of
// blocks and nothing else.

import { DEFAULT_LOCAL_PARAMS } from "@selvedge/consensus";
import { DEFAULT_PROTOCOL_PARAMS } from "@selvedge/integrity";
import { microsOfMs } from "../kernel/time.ts";
import type { Scenario } from "../scenario/schema.ts";
import { createAccusation } from "./accusation.ts";
import { createAgreement } from "./agreement.ts";
import { AvailabilityChecker } from "./availability.ts";
import { BlockIndex } from "./block-index.ts";
import { BoundsChecker } from "./bounds.ts";
import { createCausalCompleteness } from "./causal-completeness.ts";
import { CensorshipChecker } from "./censorship.ts";
import { CertificationModel } from "./certification-model.ts";
import { CertificationChecker } from "./certification.ts";
import { CertifiedInTimeChecker } from "./certified-in-time.ts";
import type { Checker, CheckerContext } from "./checker.ts";
import { createCoinFairness } from "./coin-fairness.ts";
import { createEndState } from "./end-state.ts";
import { EquivocationReportedChecker } from "./equivocation-reported.ts";
import { LineageChecker } from "./lineage.ts";
import { NoDoubleSignChecker } from "./no-double-sign.ts";
import { PaceChecker } from "./pace.ts";
import { ProgressChecker } from "./progress.ts";
import { createQuietTime } from "./quiet-time.ts";
import { ReceiptsKeptChecker } from "./receipts-kept.ts";
import { SubDagChecker } from "./sub-dag.ts";
import { createTotalOrder } from "./total-order.ts";
import { ValidityChecker } from "./validity.ts";
import { thresholdsOf } from "./violation.ts";
import { createWellFormed } from "./well-formed.ts";

const DAG_PROTOCOLS: ReadonlySet<string> = new Set(["selvedge", "p-only", "c-only"]);

export function createCheckers(context: CheckerContext, scenario: Scenario): readonly Checker[] {
  const index = new BlockIndex();
  const { transactionsPerSecond, closedLoopClients = 0 } = scenario.workload;
  const hasTransactions = transactionsPerSecond > 0 || closedLoopClients > 0;
  return [
    createAgreement(),
    createTotalOrder(context.size),
    new ValidityChecker({ context, index, isRequired: hasTransactions }),
    new NoDoubleSignChecker(context, index),
    ...(DAG_PROTOCOLS.has(context.protocol) ? dagCheckers(context, index, scenario) : []),
    ...boundCheckers(context, scenario),
  ];
}

function dagCheckers(context: CheckerContext, index: BlockIndex, scenario: Scenario): readonly Checker[] {
  const hasLedger = scenario.execution.ledger !== false;
  const hasUpdates = hasUpdatesIn(scenario);
  const updates = { context, index, isRequired: hasUpdates };
  return [
    new SubDagChecker(context, index),
    createWellFormed(context, index),
    createCausalCompleteness(context.size, index),
    new EquivocationReportedChecker(context, index),
    new PaceChecker({ context, index, leastDelayUs: leastDelayOf(scenario) }),
    createAccusation(context),
    createEndState(context),
    createCoinFairness(context),
    ...(hasLedger ? [new LineageChecker(context.size, true)] : []),
    ...(hasUpdates
      ? [
          new AvailabilityChecker(updates),
          new ReceiptsKeptChecker(updates),
          new CertificationChecker(modelOf(context, scenario), true),
        ]
      : []),
  ];
}

function hasUpdatesIn({ execution, workload }: Scenario): boolean {
  return execution.ledger !== false && (workload.devices ?? 0) > 0;
}

/** Drifting clocks stretch and shrink a node's own delays, and a slow disk lets blocks out late: then none is demanded. */
function leastDelayOf({ faults, protocol }: Scenario): number {
  const isUneven = faults.some(
    (fault) =>
      (fault.type === "clock" && (fault.driftPpm ?? 0) !== 0) || (fault.type === "disk" && (fault.slowMs ?? 0) > 0),
  );
  return isUneven ? 0 : microsOfMs(protocol.local?.["roundDelayMinMs"] ?? DEFAULT_LOCAL_PARAMS.roundDelayMinMs);
}

function modelOf(context: CheckerContext, { protocol }: Scenario): CertificationModel {
  return new CertificationModel({
    stakeOf: (author) => context.committee.validators[author]?.stake ?? 0,
    quorumStake: thresholdsOf(context).quorumStake,
    updateExpiry: protocol.params?.["updateExpiry"] ?? DEFAULT_PROTOCOL_PARAMS.updateExpiry,
    sequenceWindow: protocol.params?.["sequenceWindow"] ?? DEFAULT_PROTOCOL_PARAMS.sequenceWindow,
  });
}

/** What the scenario bounds, and what nodes bound by themselves. */
function boundCheckers(context: CheckerContext, scenario: Scenario): readonly Checker[] {
  const { checks, durationMs, protocol } = scenario;
  const shared = { context, quiet: createQuietTime(scenario), endUs: microsOfMs(durationMs) };
  const checkers: Checker[] = [];
  if (checks?.commitGapMaxMs !== undefined) {
    checkers.push(new ProgressChecker({ ...shared, gapMaxUs: microsOfMs(checks.commitGapMaxMs) }));
  }
  if (checks?.censorshipMaxMs !== undefined) {
    const waitMaxUs = microsOfMs(checks.censorshipMaxMs);
    if (hasUpdatesIn(scenario)) checkers.push(new CertifiedInTimeChecker({ ...shared, waitMaxUs }));
    checkers.push(new CensorshipChecker({ ...shared, waitMaxUs }));
  }
  if (context.gaugesOf !== undefined) {
    const limits = { parked: protocol.local?.["parkedMax"] ?? DEFAULT_LOCAL_PARAMS.parkedMax, ...checks?.gauges };
    checkers.push(new BoundsChecker({ context, gaugesOf: context.gaugesOf, limits }));
  }
  return checkers;
}
