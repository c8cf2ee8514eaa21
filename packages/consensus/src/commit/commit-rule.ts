// The commit rule as the engine sees it: accepted blocks are in the DAG, `advance` answers with the commits that follow
// from them, sealed and with the consensus state to persist. Puts committer, linearizer, leader schedule and coin
// together; each of their rules is in their own file. Does not persist, send or evict anything.

import {
  type AuthorMarkers,
  type ChainId,
  type CommitDigest,
  type Committee,
  type CommitIndex,
  type Crypto,
  type Digest,
  EndMarkerTally,
  type EpochBase,
  type ProtocolParams,
  type SealedCommit,
  type Slot,
  type ValidatorIndex,
  type VerifiedBlock,
  assert,
  commitIndex,
  mustExist,
  zeroDigest,
} from "@selvedge/integrity";
import type { CoinKeys } from "../coin/port.ts";
import type { DagState } from "../dag/dag-state.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { Fault } from "../fault.ts";
import type { SlotFamilies } from "../params.ts";
import { CoinOpener } from "./coin-opener.ts";
import { medianTimestamp } from "./commit-timestamp.ts";
import { Committer, type Verdict, anchorRule } from "./committer.ts";
import { type ConsensusState, decodeConsensusState } from "./consensus-state.ts";
import { Linearizer, type SubDag } from "./linearizer.ts";
import { OutputSet } from "./output-set.ts";
import { ScheduleKeeper } from "./schedule-keeper.ts";
import type { SealedCommits } from "./sealed-commits.ts";
import { SlotOrder, leaderSlot } from "./slot-order.ts";

export interface CommitRuleSetup {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly crypto: Crypto;
  /** On resuming, it already holds all blocks of rounds above the state's gcRound. */
  readonly dag: DagState;
  readonly coin: CoinKeys;
  readonly families: SlotFamilies;
  /** epochSeedOf(…) */
  readonly epochSeed: Digest;
  /** What the first commit of the epoch follows (§11). */
  readonly base: EpochBase;
  /** The state persisted with the last durable commit; null before the first. */
  readonly resume: Uint8Array | null;
  readonly sealedCommits: SealedCommits;
}

export interface DecidedCommit {
  readonly sealed: SealedCommit;
  /** In output order, as are `blocks`. */
  readonly vertices: readonly Vertex[];
  readonly blocks: readonly VerifiedBlock[];
  /** Exactly as after this commit, whatever was decided beyond it. */
  readonly consensusState: Uint8Array;
  readonly consensusStateDigest: Digest;
  readonly gcRound: number;
}

const NO_COMMITS: readonly DecidedCommit[] = [];

/** Of a chain's first epoch. */
export const FIRST_EPOCH_BASE: EpochBase = {
  index: commitIndex(0),
  digest: zeroDigest<CommitDigest>(),
  timestampMs: 0,
};

export class CommitRule {
  readonly #setup: CommitRuleSetup;
  readonly #order: SlotOrder;
  readonly #output = new OutputSet();
  readonly #coin: CoinOpener;
  readonly #schedule: ScheduleKeeper;
  readonly #committer: Committer;
  readonly #linearizer: Linearizer;
  readonly #endMarkers: EndMarkerTally;
  #commitDigest: CommitDigest;
  #timestampMs: number;

  constructor(setup: CommitRuleSetup) {
    const { committee, dag, params, families, coin, base } = setup;
    const resume = setup.resume === null ? null : stateOf(setup.resume);
    this.#setup = setup;
    this.#order = new SlotOrder(params, families);
    this.#coin = new CoinOpener({ dag, order: this.#order, coin });
    const shared = { output: this.#output, baseIndex: base.index };
    this.#schedule = new ScheduleKeeper({ ...setup, ...shared, sha256: setup.crypto.sha256, resume });
    this.#committer = new Committer({
      committee,
      dag,
      order: this.#order,
      leaders: { leaderOf: (round) => this.#schedule.leaderOf(round), coinOf: (index) => this.#coin.authorOf(index) },
      anchorRule,
    });
    this.#linearizer = new Linearizer({
      committeeSize: committee.validators.length,
      order: this.#order,
      gcDepth: params.gcDepth,
      ...shared,
      resume: resume === null ? null : { ...resume, cursor: this.#order.after(resume.lastSlot) },
    });
    this.#endMarkers = new EndMarkerTally({ ...setup, keepsUpdates: false }, resume?.endMarkers);
    this.#commitDigest = resume?.commitDigest ?? base.digest;
    this.#timestampMs = resume?.timestampMs ?? base.timestampMs;
  }

  /** Call after every accepted block; calling it more often changes nothing. */
  advance(): readonly DecidedCommit[] {
    if (this.isClosed || !this.#isDecisionDue()) return NO_COMMITS;
    const decided: DecidedCommit[] = [];
    for (let sub = this.#nextSubDag(true); sub !== undefined;) {
      const scheduleNumber = this.#schedule.number;
      decided.push(this.#seal(sub));
      // §11: whatever else is decided, nobody goes on beyond the commit that closes the epoch.
      if (this.isClosed) break;
      sub = this.#nextSubDag(this.#schedule.number !== scheduleNumber);
    }
    if (decided.length === 0) return NO_COMMITS;
    this.#committer.forgetUpTo(this.gcRound);
    this.#coin.forgetUpTo(this.gcRound);
    return decided;
  }

  /** Whether end markers of stake Q are output: the last commit is that of the epoch (§11). */
  get isClosed(): boolean {
    return this.#endMarkers.hasQuorum;
  }

  /** What the output has shown of end markers. */
  get endMarkers(): readonly AuthorMarkers[] {
    return this.#endMarkers.state;
  }

  /**
   * Goes along a commit that others have decided instead of deciding one (§11): what precedes its slot emitted nothing.
   * Undefined if its leader is not in, or can emit nothing there. A rule that follows never advances by itself.
   */
  follow(slot: Slot, leaderId: string): DecidedCommit | undefined {
    const leader = this.#setup.dag.get(leaderId);
    if (leader === undefined || this.#order.roundOf(slot) !== leader.round || this.isClosed) return undefined;
    const sub = this.#linearizer.next((at) => {
      const distance = this.#order.compare(at, slot);
      if (distance === 0) return { type: "commit", leader, isDirect: false };
      return distance < 0 ? { type: "skip", isDirect: false } : { type: "undecided" };
    });
    return sub === undefined ? undefined : this.#seal(sub);
  }

  /** Where the output stops. */
  nextSlot(): Slot {
    return this.#linearizer.cursor;
  }

  /** Rounds up to it may be evicted from the DAG. */
  get gcRound(): number {
    return this.#linearizer.gcRound;
  }

  get commitIndex(): CommitIndex {
    return commitIndex(this.#linearizer.commitIndex);
  }

  get commitDigest(): CommitDigest {
    return this.#commitDigest;
  }

  /** Of P(round), under the schedule that decided it or is to decide it; past schedules down to gcRound only. */
  leaderOf(round: number): ValidatorIndex {
    return this.#schedule.leaderOf(round);
  }

  /** As of the last `advance`; remembered for rounds above gcRound. Consulting a C slot verifies its shares. */
  verdictOf(slot: Slot): Verdict {
    return this.#committer.verdictOf(slot);
  }

  /** L2: votes for one block of P(round) or blames, of stake ≥ Q, are in, or the output has passed the slot. */
  isSlotSettled(round: number): boolean {
    if (this.#order.compare(leaderSlot(round), this.nextSlot()) < 0) return true;
    return this.#committer.isLeaderSlotSettled(round);
  }

  /** False for blocks up to gcRound, output or not. */
  isOutput(vertex: Vertex): boolean {
    return this.#output.has(vertex);
  }

  takeBadCoinShares(): readonly Fault[] {
    return this.#coin.takeFaults();
  }

  #isDecisionDue(): boolean {
    return this.#committer.isDecisionDue(this.nextSlot(), this.#firstLeaderRound);
  }

  /** Of the P slots that the output has not passed. */
  get #firstLeaderRound(): number {
    const cursor = this.nextSlot();
    return cursor.kind === "P" ? cursor.number : this.#order.after(cursor).number;
  }

  #nextSubDag(mustResolve: boolean): SubDag | undefined {
    if (mustResolve) this.#committer.resolve(this.#firstLeaderRound);
    return this.#linearizer.next((slot) => this.#committer.verdictOf(slot));
  }

  #seal({ index, slot, leader, vertices }: SubDag): DecidedCommit {
    const blocks = vertices.map(blockOf);
    const { sealedCommits, crypto, committee } = this.#setup;
    this.#timestampMs = medianTimestamp(leader, committee, this.#timestampMs);
    const commit = {
      index: commitIndex(index),
      previous: this.#commitDigest,
      epoch: committee.epoch,
      slot,
      leader: blockOf(leader).ref,
      blocks: blocks.map(({ ref }) => ref),
      timestampMs: this.#timestampMs,
    };
    const sealed = sealedCommits.seal(commit, crypto.sha256);
    this.#commitDigest = sealed.digest;
    const hasNewSchedule = this.#schedule.onCommit({ index, slot, vertices, gcRound: this.gcRound });
    if (hasNewSchedule) this.#committer.restart(this.nextSlot());
    this.#endMarkers.onOutput(blocks);
    const { bytes, digest } = sealedCommits.encode(this.#stateAfter(slot), crypto.sha256);
    return {
      sealed,
      vertices,
      blocks,
      consensusState: bytes,
      consensusStateDigest: digest,
      gcRound: this.gcRound,
    };
  }

  #stateAfter(lastSlot: Slot): ConsensusState {
    const { commitIndex: index, windowHasCommit, gcRound } = this.#linearizer.state;
    return {
      commitIndex: index,
      commitDigest: this.#commitDigest,
      lastSlot,
      windowHasCommit,
      gcRound,
      timestampMs: this.#timestampMs,
      ...this.#schedule.stateAbove(gcRound),
      heads: this.#output.heads.map((head) => blockOf(head).ref),
      endMarkers: this.#endMarkers.state,
    };
  }
}

function stateOf(bytes: Uint8Array): ConsensusState {
  const state = decodeConsensusState(bytes);
  assert(state.ok, "the consensus state in our own store is sound");
  return state.value;
}

function blockOf(vertex: Vertex): VerifiedBlock {
  return mustExist(vertex.block, "what is output is a block in memory");
}
