// S1–S3: where the slots stand. Rounds of a slot's wave, the order of slots, and which later slots may decide one.
// Arithmetic alone: no DAG, no verdicts.

import type { ProtocolParams, Slot } from "@selvedge/integrity";
import type { SlotFamilies } from "../params.ts";

/** w of a P slot. */
export const P_WAVE = 3;

/** A C slot stands this many rounds before its own in the order of slots (S2). */
const C_LEAD_ROUNDS = 2;

export type SlotParams = Pick<ProtocolParams, "coinPeriod" | "coinWave" | "firstCoinRound">;

export class SlotOrder {
  readonly #params: SlotParams;
  readonly families: SlotFamilies;

  constructor(params: SlotParams, families: SlotFamilies) {
    this.#params = params;
    this.families = families;
  }

  /** Least slot in slot order. */
  get first(): Slot {
    if (this.families === "c-only") return coinSlot(0);
    if (this.families === "both" && this.#keyRoundOf(0) <= 1) return coinSlot(0);
    return leaderSlot(1);
  }

  /** S2: the next slot by key; key(P(r)) = (r, 1), key(C(k)) = (r_k − 2, 0). */
  after(slot: Slot): Slot {
    if (this.families === "c-only") return coinSlot(slot.number + 1);
    if (slot.kind === "C") return leaderSlot(Math.max(1, this.#keyRoundOf(slot.number)));
    const next = slot.number + 1;
    const coin = this.families === "both" ? this.#coinWithKeyRound(next) : undefined;
    return coin === undefined ? leaderSlot(next) : coinSlot(coin);
  }

  /** S2: negative if `left` comes before `right`. */
  compare(left: Slot, right: Slot): number {
    return keyRound(this, left) - keyRound(this, right) || kindRank(left) - kindRank(right);
  }

  /** ρ: the round of the slot's blocks (S1). */
  roundOf(slot: Slot): number {
    return slot.kind === "P" ? slot.number : this.#params.firstCoinRound + slot.number * this.#params.coinPeriod;
  }

  /** v = ρ + w − 2 */
  votingRoundOf(slot: Slot): number {
    return this.roundOf(slot) + this.waveOf(slot) - 2;
  }

  /** d = ρ + w − 1 */
  decisionRoundOf(slot: Slot): number {
    return this.roundOf(slot) + this.waveOf(slot) - 1;
  }

  waveOf(slot: Slot): number {
    return slot.kind === "P" ? P_WAVE : this.#params.coinWave;
  }

  /** S3, for a slot that comes after `decided` in slot order. */
  isEligibleAnchor(anchor: Slot, decided: Slot): boolean {
    if (decided.kind === "C") return anchor.kind === "C";
    return this.roundOf(anchor) >= decided.number + P_WAVE;
  }

  /** False only if no slot from here on can be decided or opened by blocks up to `highestRound`. */
  canHaveBlocks(slot: Slot, highestRound: number): boolean {
    return keyRound(this, slot) <= highestRound;
  }

  /** The first coin whose slot is this one or comes after it. */
  firstCoinFrom(slot: Slot): number {
    if (slot.kind === "C") return slot.number;
    const { firstCoinRound, coinPeriod } = this.#params;
    return Math.max(0, Math.floor((slot.number + C_LEAD_ROUNDS - firstCoinRound) / coinPeriod) + 1);
  }

  #keyRoundOf(coin: number): number {
    return this.roundOf(coinSlot(coin)) - C_LEAD_ROUNDS;
  }

  #coinWithKeyRound(round: number): number | undefined {
    const distance = round + C_LEAD_ROUNDS - this.#params.firstCoinRound;
    return distance >= 0 && distance % this.#params.coinPeriod === 0 ? distance / this.#params.coinPeriod : undefined;
  }
}

export function leaderSlot(round: number): Slot {
  return { kind: "P", number: round };
}

export function coinSlot(coin: number): Slot {
  return { kind: "C", number: coin };
}

function keyRound(order: SlotOrder, slot: Slot): number {
  return slot.kind === "P" ? slot.number : order.roundOf(slot) - C_LEAD_ROUNDS;
}

function kindRank(slot: Slot): number {
  return slot.kind === "P" ? 1 : 0;
}
