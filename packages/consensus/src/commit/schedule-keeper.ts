// S7 over time: holds the current schedule and the scores of the current U commits, draws the next schedule when they
// are complete, and remembers who led the slots that the output has passed under former ones.

import type { Committee, Digest, ProtocolParams, Sha256, Slot, ValidatorIndex } from "@selvedge/integrity";
import { mustExist } from "@selvedge/integrity";
import type { DagState } from "../dag/dag-state.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { ConsensusState } from "./consensus-state.ts";
import { type LeaderSchedule, drawSchedule, firstSchedule, leaderIn, scheduleOf } from "./leader-schedule.ts";
import { LeaderScores } from "./leader-scores.ts";
import type { OutputSet } from "./output-set.ts";
import { SlotOrder } from "./slot-order.ts";

export interface ScheduleKeeperSetup {
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly sha256: Sha256;
  readonly epochSeed: Digest;
  readonly dag: DagState;
  readonly output: OutputSet;
  /** Schedules begin anew with an epoch: their commits are counted from this one's index. Default 0. */
  readonly baseIndex?: number;
  readonly resume: ConsensusState | null;
}

export interface EmittedCommit {
  readonly index: number;
  readonly slot: Slot;
  readonly vertices: readonly Vertex[];
  /** As it stands after the commit. */
  readonly gcRound: number;
}

export type ScheduleState = Pick<
  ConsensusState,
  "scheduleNumber" | "places" | "scores" | "scheduleHeads" | "pastSchedules"
>;

export class ScheduleKeeper {
  readonly #setup: ScheduleKeeperSetup;
  #schedule: LeaderSchedule;
  #scores: LeaderScores;
  /** Former schedules and the last round each ruled; none whose rounds are all up to gcRound. */
  #past: readonly { readonly schedule: LeaderSchedule; readonly lastRound: number }[] = [];
  /** Output heads as of the start of the current schedule. */
  #startHeads: readonly Vertex[] = [];
  #gcRound: number;

  constructor(setup: ScheduleKeeperSetup) {
    this.#setup = setup;
    const { committee, resume } = setup;
    this.#schedule = resume === null ? firstSchedule(setup) : scheduleOf(resume.scheduleNumber, resume.places);
    this.#scores = new LeaderScores(committee, resume?.scores ?? committee.validators.map(() => 0));
    this.#gcRound = resume?.gcRound ?? 0;
    this.#past = (resume?.pastSchedules ?? []).map(({ number, lastRound, places }) => ({
      schedule: scheduleOf(number, places),
      lastRound,
    }));
    if (resume !== null) this.#restoreOutput(resume);
  }

  get number(): number {
    return this.#schedule.number;
  }

  leaderOf(round: number): ValidatorIndex {
    const past = this.#past.find(({ lastRound }) => round <= lastRound);
    return leaderIn(past?.schedule ?? this.#schedule, round);
  }

  /** Counts the commit; true if it was the last of its schedule and another one rules from the next slot on. */
  onCommit({ index, slot, vertices, gcRound }: EmittedCommit): boolean {
    this.#scores.add({
      vertices,
      gcRoundBefore: this.#gcRound,
      leaderOf: (round) => leaderIn(this.#schedule, round),
      isFresh: (vertex) => this.#setup.output.isFresh(vertex),
    });
    this.#gcRound = gcRound;
    this.#past = this.#past.filter(({ lastRound }) => lastRound > gcRound);
    if ((index - (this.#setup.baseIndex ?? 0)) % this.#setup.params.scheduleEvery !== 0) return false;
    this.#change(slot);
    return true;
  }

  stateAbove(gcRound: number): ScheduleState {
    return {
      scheduleNumber: this.#schedule.number,
      places: this.#schedule.places,
      scores: this.#scores.values,
      scheduleHeads: this.#startHeads.filter(({ round }) => round > gcRound).map(refOf),
      pastSchedules: this.#past
        .filter(({ lastRound }) => lastRound > gcRound)
        .map(({ schedule, lastRound }) => ({ number: schedule.number, lastRound, places: schedule.places })),
    };
  }

  #change(slot: Slot): void {
    const { committee, output } = this.#setup;
    const lastRound = slot.kind === "P" ? slot.number : lastRoundBefore(slot, this.#setup.params);
    this.#past = [...this.#past, { schedule: this.#schedule, lastRound }];
    const scores = this.#scores.values;
    this.#schedule = drawSchedule({ ...this.#setup, number: this.#schedule.number + 1, scores });
    this.#scores = new LeaderScores(
      committee,
      committee.validators.map(() => 0),
    );
    this.#startHeads = output.heads;
    output.startSchedule();
  }

  /** Marks what was output before the stop, and before the current schedule. */
  #restoreOutput({ heads, scheduleHeads, gcRound }: ConsensusState): void {
    const { dag, output } = this.#setup;
    const vertexOf = ({ digest }: { readonly digest: string }): Vertex =>
      mustExist(dag.get(digest), "the blocks above gcRound were restored");
    this.#startHeads = scheduleHeads.map(vertexOf);
    for (const head of this.#startHeads) output.add(head, gcRound);
    output.startSchedule();
    for (const head of heads.map(vertexOf)) {
      if (!output.has(head)) output.add(head, gcRound);
    }
  }
}

function lastRoundBefore(slot: Slot, params: ProtocolParams): number {
  return new SlotOrder(params, "both").after(slot).number - 1;
}

function refOf(vertex: Vertex): ConsensusState["heads"][number] {
  return mustExist(vertex.block, "a committed leader above gcRound is in memory").ref;
}
