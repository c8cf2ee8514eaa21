// The engine: inputs in, effects out, nothing else. One instance per chain and node; the daemon and the simulator run
// this very class. (See docs/architecture.md, "The seam".)

import { type ValidatorIndex, assert, assertNever, slotName } from "@selvedge/integrity";
import type { SigningStatus } from "./amnesia.ts";
import type { Core } from "./core.ts";
import type { Effect } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { onBlocks, onFetchFailed, onLookedUp } from "./handle/on-blocks.ts";
import { onEndEpoch } from "./handle/on-end-epoch.ts";
import { onExecuted, onLocalContent, onUpdateChecked } from "./handle/on-local.ts";
import { onNewestAnswer } from "./handle/on-newest.ts";
import { onStart } from "./handle/on-start.ts";
import { onTimer } from "./handle/on-timer.ts";
import { isCounted } from "./handle/standing.ts";
import type { Input } from "./input.ts";
import type { EngineSetup } from "./params.ts";
import type { RecoveredState } from "./recovered.ts";
import { createFresh, recover } from "./recovery.ts";
import { Step } from "./step.ts";
import { Trace } from "./trace.ts";

export interface ConsensusEngine {
  /** Synchronous, total over valid inputs, never throws for anything a peer can cause. */
  readonly handle: (input: Input) => readonly Effect[];
  readonly status: () => EngineStatus;
  /** Who leads the P slot of this round under the present schedule (S7): what everybody can know beforehand. */
  readonly leaderOf: (round: number) => ValidatorIndex;
  /** Running digest of all effects so far: equal inputs give equal digests. */
  readonly traceDigest: () => string;
}

export interface EngineStatus {
  readonly epoch: number;
  /** We ack nothing any more: the end of the epoch is ordered (§11). */
  readonly isEnding: boolean;
  /** The last commit is that of the epoch. */
  readonly isClosed: boolean;
  readonly round: number;
  readonly highestRound: number;
  readonly lastCommitIndex: number;
  readonly gcRound: number;
  readonly nextSlot: string;
  readonly parkedCount: number;
  readonly blocksInMemory: number;
  readonly equivocators: readonly number[];
  /** True while blocks of rounds far above ours arrive and we fetch the gap. */
  readonly isCatchingUp: boolean;
  readonly isIdle: boolean;
  /** §11: whether our key is used now, and if not, what that waits for. */
  readonly signing: SigningStatus;
  /** Bytes of our own payload blocks that are not output yet: what the payload gate looks at. */
  readonly ownUncommittedBytes: number;
  /** Updates, transactions and control entries that wait for a block of ours. */
  readonly pendingContentCount: number;
}

/** A fresh engine, or one that goes on where the node's store ends. Its first input is `start`. */
export function createEngine(setup: EngineSetup, recovered?: RecoveredState): ConsensusEngine {
  const { core, faults } =
    recovered === undefined ? { core: createFresh(setup), faults: [] } : recover(setup, recovered);
  return new Engine(core, faults);
}

class Engine implements ConsensusEngine {
  readonly #core: Core;
  readonly #trace: Trace;
  /** Of recovery, to be reported with the first step. */
  readonly #faults: readonly Fault[];

  constructor(core: Core, faults: readonly Fault[]) {
    this.#core = core;
    this.#trace = new Trace(core.setup.crypto.sha256);
    this.#faults = faults;
  }

  readonly handle = (input: Input): readonly Effect[] => {
    const step = new Step(input.wallClockMs);
    assert(this.#core.own.isStarted !== (input.type === "start"), "an engine is started first, and once");
    if (input.type === "start") step.report(this.#faults);
    dispatch(this.#core, step, input);
    const effects = step.effects();
    this.#trace.record(effects);
    return effects;
  };

  readonly status = (): EngineStatus => statusOf(this.#core);

  readonly leaderOf = (round: number): ValidatorIndex => this.#core.rule.leaderOf(round);

  readonly traceDigest = (): string => this.#trace.digest;
}

function dispatch(core: Core, step: Step, input: Input): void {
  switch (input.type) {
    case "start":
      return onStart(core, step);
    case "blocks":
      return onBlocks(core, step, input);
    case "lookedUp":
      return onLookedUp(core, step, input);
    case "fetchFailed":
      return onFetchFailed(core, step, input);
    case "newestAnswer":
      return onNewestAnswer(core, step, input);
    case "localContent":
      return onLocalContent(core, step, input);
    case "updateChecked":
      return onUpdateChecked(core, step, input);
    case "executed":
      return onExecuted(core, step, input);
    case "endEpoch":
      return onEndEpoch(core, step);
    case "timer":
      return onTimer(core, step, input);
    default:
      return assertNever(input);
  }
}

function statusOf(core: Core): EngineStatus {
  const { pacemaker, clock, rule, parking, dag, equivocators, ranges, content, view } = core;
  return {
    epoch: core.setup.committee.epoch,
    isEnding: core.own.isEnding,
    isClosed: rule.isClosed,
    round: pacemaker.ownRound,
    highestRound: clock.highestRound,
    lastCommitIndex: rule.commitIndex,
    gcRound: rule.gcRound,
    nextSlot: slotName(rule.nextSlot()),
    parkedCount: parking.parkedCount,
    blocksInMemory: dag.size,
    equivocators: [...equivocators].sort((left, right) => left - right),
    isCatchingUp: ranges.isBehind,
    isIdle: view.isIdle,
    signing: core.signing.status((answer) => isCounted(core, answer)),
    ownUncommittedBytes: content.uncommittedBytes,
    pendingContentCount: content.pendingCount,
  };
}
