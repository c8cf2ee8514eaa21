// S4: the verdict of every slot, as a function of the DAG. Verdicts are sticky until `restart` says that the leaders have
// changed (S7). Called by commit-rule.ts and by replay; the output pass is the linearizer's.

import type { Committee, Slot } from "@selvedge/integrity";
import type { DagState } from "../dag/dag-state.ts";
import { HistoryWalk } from "../dag/history-walk.ts";
import { directSupport, uniqueSupport } from "../dag/support.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import { P_WAVE, type SlotOrder, coinSlot, leaderSlot } from "./slot-order.ts";
import { SlotTally } from "./slot-tally.ts";

export type Verdict = Undecided | Skip | CommitVerdict;

export interface Undecided {
  readonly type: "undecided";
}

export interface Skip {
  readonly type: "skip";
  readonly isDirect: boolean;
}

export interface CommitVerdict {
  readonly type: "commit";
  readonly leader: Vertex;
  /** By certificates of stake ≥ Q in this very view, rather than through an anchor. */
  readonly isDirect: boolean;
}

export const UNDECIDED: Undecided = { type: "undecided" };

/** Whether an eligible slot is passed over, is the anchor, or forbids a decision. */
export type AnchorRule = (verdict: Verdict) => "pass" | "take" | "stop";

/** S4 (iv): an undecided slot blocks. To ignore it and go on is unsafe; the property tests show how soon. */
export const anchorRule: AnchorRule = (verdict) => {
  if (verdict.type === "skip") return "pass";
  return verdict.type === "commit" ? "take" : "stop";
};

/** Who leads a slot; undefined while the coin is not open (S4 i). Must not change for a slot but by `restart`. */
export interface SlotLeaders {
  readonly leaderOf: (round: number) => number | undefined;
  readonly coinOf: (coin: number) => number | undefined;
}

export interface CommitterSetup {
  readonly committee: Committee;
  readonly dag: DagState;
  readonly order: SlotOrder;
  readonly leaders: SlotLeaders;
  readonly anchorRule: AnchorRule;
}

export class Committer {
  readonly #setup: CommitterSetup;
  /** Decided slots only. */
  readonly #leaderVerdicts = new Map<number, Verdict>();
  readonly #coinVerdicts = new Map<number, Verdict>();
  /** Undecided slots that have been looked at. */
  readonly #leaderTallies = new Map<number, SlotTally>();
  readonly #coinTallies = new Map<number, SlotTally>();
  /** Histories of anchors, for the length of one `resolve`. */
  readonly #walks = new Map<Vertex, HistoryWalk>();

  constructor(setup: CommitterSetup) {
    this.#setup = setup;
  }

  /** Re-evaluates all P slots from the top of the DAG down to round `fromRound`; C slots are consulted when needed. */
  resolve(fromRound: number): void {
    if (this.#walks.size > 0) this.#walks.clear();
    if (this.#setup.order.families === "c-only") return;
    for (let round = this.#setup.dag.highestRound; round >= fromRound; round -= 1) this.#resolveLeaderSlot(round);
  }

  /**
   * False if neither the P slots from `fromRound` on nor the C slots from `slot` on can have verdicts that they lacked at
   * the last `resolve`: no direct decision is due, and every indirect one waits for one above it.
   */
  isDecisionDue(slot: Slot, fromRound: number): boolean {
    const { order, dag } = this.#setup;
    if (slot.kind === "C") return true;
    const { highestRound } = dag;
    const nextCoin = coinSlot(order.firstCoinFrom(slot));
    if (order.families === "both" && order.decisionRoundOf(nextCoin) <= highestRound) return true;
    for (let round = Math.max(1, fromRound); round + P_WAVE - 2 <= highestRound; round += 1) {
      if (!this.#hasVotesOf(round) || this.#leaderVerdicts.has(round)) continue;
      if (this.#leaderTally(round)?.isDecided === true) return true;
    }
    return false;
  }

  /**
   * Whether P(round)'s voting round has blocks of stake ≥ Q, twins counted twice. With less there is no quorum of blames,
   * and no certificate, whose parents are votes of stake ≥ Q: the blocks need not be looked at one by one.
   */
  #hasVotesOf(round: number): boolean {
    const { committee, dag } = this.#setup;
    const { equalStake, quorumStake } = committee;
    return equalStake === null || dag.atRound(round + P_WAVE - 2).length * equalStake >= quorumStake;
  }

  /** P slots as of the last `resolve`; a C slot is worked out now, and its shares verified only now (§6). */
  verdictOf(slot: Slot): Verdict {
    if (slot.kind === "P") return this.#leaderVerdicts.get(slot.number) ?? UNDECIDED;
    return this.#resolveCoinSlots(slot.number);
  }

  /** L2: Q stake of votes for one block of P(round), or of blames, is in; true of every decided slot. */
  isLeaderSlotSettled(round: number): boolean {
    if (this.#leaderVerdicts.has(round)) return true;
    return this.#hasVotesOf(round) && this.#leaderTally(round)?.hasVoteOrBlameQuorum === true;
  }

  /** S7: slots from `slot` on have other leaders now and are decided from scratch. */
  restart(slot: Slot): void {
    this.#leaderTallies.clear();
    this.#walks.clear();
    dropIf(this.#leaderVerdicts, (round) => this.#setup.order.compare(leaderSlot(round), slot) >= 0);
    dropIf(this.#coinVerdicts, (coin) => this.#setup.order.compare(coinSlot(coin), slot) >= 0);
  }

  /** Forgets slots of rounds up to `round`, which the output has passed. */
  forgetUpTo(round: number): void {
    const { order } = this.#setup;
    for (const slots of [this.#leaderVerdicts, this.#leaderTallies]) dropIf(slots, (number) => number <= round);
    for (const slots of [this.#coinVerdicts, this.#coinTallies]) {
      dropIf(slots, (coin) => order.roundOf(coinSlot(coin)) <= round);
    }
  }

  #resolveLeaderSlot(round: number): void {
    if (this.#leaderVerdicts.has(round)) return;
    const tally = this.#leaderTally(round);
    if (tally === undefined) return;
    const verdict = directVerdict(tally) ?? indirectVerdict(this.#anchorOf(leaderSlot(round)), tally, this.#walks);
    if (verdict.type === "undecided") return;
    this.#leaderVerdicts.set(round, verdict);
    this.#leaderTallies.delete(round);
  }

  /** S4 (iv) for a P slot: the first eligible slot in slot order (not round order) that does not pass. */
  #anchorOf(slot: Slot): Verdict {
    const { order, dag } = this.#setup;
    for (let next = order.after(slot); order.canHaveBlocks(next, dag.highestRound); next = order.after(next)) {
      if (!order.isEligibleAnchor(next, slot)) continue; // S3
      const verdict = this.verdictOf(next);
      const choice = this.#setup.anchorRule(verdict);
      if (choice === "take") return verdict;
      if (choice === "stop") return UNDECIDED;
    }
    return UNDECIDED; // S4 (v)
  }

  /**
   * S4 for C(first). Only C slots can be its anchors (S3): climb past those that are open and not yet committed, then
   * come down again deciding each through the one above it.
   */
  #resolveCoinSlots(first: number): Verdict {
    let coin = first;
    const climbed: SlotTally[] = [];
    let verdict = this.#directCoinVerdict(coin);
    for (; verdict.type !== "commit"; coin += 1, verdict = this.#directCoinVerdict(coin)) {
      if (verdict.type === "skip") {
        if (coin === first) return verdict;
        continue;
      }
      const tally = this.#coinTallies.get(coin);
      if (tally === undefined) break; // S4 (i): not open
      climbed[coin - first] = tally;
    }
    return this.#descend(first, climbed, verdict);
  }

  #descend(first: number, climbed: readonly (SlotTally | undefined)[], top: Verdict): Verdict {
    let anchor = top;
    for (let offset = climbed.length - 1; offset >= 0; offset -= 1) {
      const tally = climbed[offset];
      if (tally === undefined) continue; // a skipped slot is passed
      const verdict = indirectVerdict(anchor, tally, this.#walks);
      this.#keepCoinVerdict(first + offset, verdict);
      if (offset === 0) return verdict;
      if (verdict.type !== "skip") anchor = verdict;
    }
    return top;
  }

  /** Undecided with a tally kept: open. Undecided without: not open. */
  #directCoinVerdict(coin: number): Verdict {
    const known = this.#coinVerdicts.get(coin);
    if (known !== undefined) return known;
    const tally = this.#coinTally(coin);
    const verdict = tally === undefined ? UNDECIDED : (directVerdict(tally) ?? UNDECIDED);
    this.#keepCoinVerdict(coin, verdict);
    return verdict;
  }

  #keepCoinVerdict(coin: number, verdict: Verdict): void {
    if (verdict.type === "undecided") return;
    this.#coinVerdicts.set(coin, verdict);
    this.#coinTallies.delete(coin);
  }

  #leaderTally(round: number): SlotTally | undefined {
    const known = this.#leaderTallies.get(round);
    if (known !== undefined) return known;
    const author = this.#setup.leaders.leaderOf(round);
    if (author === undefined) return undefined;
    const tally = this.#newTally(leaderSlot(round), directSupport({ round, author }));
    this.#leaderTallies.set(round, tally);
    return tally;
  }

  #coinTally(coin: number): SlotTally | undefined {
    const known = this.#coinTallies.get(coin);
    if (known !== undefined) return known;
    const author = this.#setup.leaders.coinOf(coin);
    if (author === undefined) return undefined;
    const slot = coinSlot(coin);
    const support = uniqueSupport(this.#setup.dag, { round: this.#setup.order.roundOf(slot), author });
    const tally = this.#newTally(slot, support);
    this.#coinTallies.set(coin, tally);
    return tally;
  }

  #newTally(slot: Slot, supportOf: (vertex: Vertex) => Vertex | undefined): SlotTally {
    const { committee, dag, order } = this.#setup;
    const votingRound = order.votingRoundOf(slot);
    return new SlotTally({ committee, dag, votingRound, decisionRound: order.decisionRoundOf(slot), supportOf });
  }
}

function directVerdict(tally: SlotTally): Verdict | undefined {
  const decision = tally.directDecision();
  return decision === undefined ? undefined : { ...decision, isDirect: true };
}

/** S4 (iv), once the anchor is known: commit iff its history holds a certificate. */
function indirectVerdict(anchor: Verdict, tally: SlotTally, walks: Map<Vertex, HistoryWalk>): Verdict {
  if (anchor.type !== "commit") return UNDECIDED;
  const walk = walks.get(anchor.leader) ?? new HistoryWalk(anchor.leader);
  walks.set(anchor.leader, walk);
  const certificate = tally.certificates.find(({ vertex }) => walk.has(vertex));
  return certificate === undefined
    ? { type: "skip", isDirect: false }
    : { type: "commit", leader: certificate.leader, isDirect: false };
}

function dropIf(slots: Map<number, unknown>, isDropped: (slot: number) => boolean): void {
  for (const slot of slots.keys()) if (isDropped(slot)) slots.delete(slot);
}
