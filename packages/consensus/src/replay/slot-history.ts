// Who led which slot, worked out afterwards from the blocks and commits of a run: walks the slots in order, moves through
// the leader schedules as the commits did (S7), and says which commit each slot emitted. For views and audits of recorded
// runs; nothing is decided here.

import {
  type Committee,
  type Digest,
  type ProtocolParams,
  type Sha256,
  type Slot,
  mustExist,
} from "@selvedge/integrity";
import { OutputSet, verticesIn } from "../commit/output-set.ts";
import { ScheduleKeeper } from "../commit/schedule-keeper.ts";
import { SlotOrder } from "../commit/slot-order.ts";
import { DagState } from "../dag/dag-state.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { SlotFamilies } from "../params.ts";

export interface SlotHistorySetup {
  readonly committee: Committee;
  readonly params: ProtocolParams;
  readonly families: SlotFamilies;
  readonly sha256: Sha256;
  /** epochSeedOf(…) */
  readonly epochSeed: Digest;
  /** Every block after its parents, each once. Parents that are missing are passed over. */
  readonly blocks: readonly SlotHistoryBlock[];
  /** From the first on, without a gap. */
  readonly commits: readonly SlotHistoryCommit[];
}

export interface SlotHistoryBlock {
  readonly id: string;
  readonly round: number;
  readonly author: number;
  readonly parentIds: readonly string[];
}

export interface SlotHistoryCommit {
  readonly slot: Slot;
  /** One of the blocks. */
  readonly leaderId: string;
}

export interface SlotOfHistory {
  readonly slot: Slot;
  /** Round of the slot's blocks. */
  readonly round: number;
  /** Null for C slots that emitted nothing: their coin may never have opened. */
  readonly author: number | null;
  /** Index of the commit it emitted. */
  readonly commitIndex: number | null;
  /** The output has passed it. */
  readonly isPassed: boolean;
}

/** Slots in order, up to the highest round of a block. Stops early at a commit whose slot does not come next in order. */
export function slotHistory(setup: SlotHistorySetup): readonly SlotOfHistory[] {
  return new SlotWalk(setup).run();
}

interface SlotSeen {
  readonly leader: Vertex | null;
  readonly commitIndex: number | null;
  readonly isPassed: boolean;
}

class SlotWalk {
  readonly #setup: SlotHistorySetup;
  readonly #order: SlotOrder;
  readonly #dag: DagState;
  readonly #output = new OutputSet();
  readonly #schedule: ScheduleKeeper;
  readonly #slots: SlotOfHistory[] = [];
  #cursor: Slot;
  #gcRound = 0;

  constructor(setup: SlotHistorySetup) {
    this.#setup = setup;
    this.#order = new SlotOrder(setup.params, setup.families);
    this.#cursor = this.#order.first;
    this.#dag = new DagState({ genesisIds: setup.committee.validators.map(({ index }) => `genesis:${index}`) });
    for (const block of setup.blocks) this.#dag.insert({ ...block, block: null });
    this.#schedule = new ScheduleKeeper({ ...setup, dag: this.#dag, output: this.#output, resume: null });
  }

  run(): readonly SlotOfHistory[] {
    for (const [position, { slot, leaderId }] of this.#setup.commits.entries()) {
      if (this.#order.compare(slot, this.#cursor) < 0) break;
      while (this.#order.compare(this.#cursor, slot) < 0)
        this.#add({ leader: null, commitIndex: null, isPassed: true });
      const leader = mustExist(this.#dag.get(leaderId), "a commit's leader is one of the blocks");
      this.#add({ leader, commitIndex: position + 1, isPassed: true });
      this.#emit(slot, leader, position + 1);
    }
    while (this.#order.canHaveBlocks(this.#cursor, this.#dag.highestRound)) {
      this.#add({ leader: null, commitIndex: null, isPassed: false });
    }
    return this.#slots;
  }

  #add({ leader, commitIndex, isPassed }: SlotSeen): void {
    const slot = this.#cursor;
    const known = slot.kind === "P" ? this.#schedule.leaderOf(slot.number) : null;
    const author = leader?.author ?? known;
    this.#slots.push({ slot, round: this.#order.roundOf(slot), author, commitIndex, isPassed });
    this.#cursor = this.#order.after(slot);
  }

  #emit(slot: Slot, leader: Vertex, index: number): void {
    const vertices = this.#output.has(leader) ? [] : verticesIn(this.#output.add(leader, this.#gcRound));
    this.#gcRound = Math.max(this.#gcRound, leader.round - this.#setup.params.gcDepth);
    this.#output.forgetUpTo(this.#gcRound);
    this.#schedule.onCommit({ index, slot, vertices, gcRound: this.#gcRound });
  }
}
