// Where slots stand and which may anchor which.

import { type Slot, slotName } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { SlotOrder, coinSlot, leaderSlot } from "../../src/commit/slot-order.ts";

const PARAMS = { coinPeriod: 8, coinWave: 6, firstCoinRound: 8 };
const order = new SlotOrder(PARAMS, "both");

function firstSlots(of: SlotOrder, count: number): string {
  const names: string[] = [];
  for (let slot = of.first; names.length < count; slot = of.after(slot)) names.push(slotName(slot));
  return names.join(" ");
}

function eligibleFor(decided: Slot, count: number): string {
  const names: string[] = [];
  for (let slot = order.after(decided); names.length < count; slot = order.after(slot)) {
    if (order.isEligibleAnchor(slot, decided)) names.push(slotName(slot));
  }
  return names.join(" ");
}

describe("S1 waves", () => {
  it("a P slot votes in the next round and decides in the one after", () => {
    expect([
      order.roundOf(leaderSlot(5)),
      order.votingRoundOf(leaderSlot(5)),
      order.decisionRoundOf(leaderSlot(5)),
    ]).toEqual([5, 6, 7]);
  });

  it("C(k) is of round r_0 + k·W, votes in ρ + w − 2 and decides in ρ + w − 1", () => {
    expect([order.roundOf(coinSlot(1)), order.votingRoundOf(coinSlot(1)), order.decisionRoundOf(coinSlot(1))]).toEqual([
      16, 20, 21,
    ]);
  });
});

describe("S2 slot order", () => {
  it("C(k) stands before P(r_k − 2)", () => {
    expect(firstSlots(order, 16)).toBe("P1 P2 P3 P4 P5 C0 P6 P7 P8 P9 P10 P11 P12 P13 C1 P14");
  });

  it("C0 comes first where its first window is empty", () => {
    for (const firstCoinRound of [1, 2, 3]) {
      expect(firstSlots(new SlotOrder({ ...PARAMS, firstCoinRound }, "both"), 3)).toBe("C0 P1 P2");
    }
    expect(firstSlots(new SlotOrder({ ...PARAMS, firstCoinRound: 4 }, "both"), 3)).toBe("P1 C0 P2");
  });

  it("comparing agrees with walking, for every period and first round", () => {
    for (let coinPeriod = 3; coinPeriod <= 10; coinPeriod += 1) {
      for (let firstCoinRound = 1; firstCoinRound <= 12; firstCoinRound += 1) {
        const walked = new SlotOrder({ coinPeriod, coinWave: 3, firstCoinRound }, "both");
        for (let slot = walked.first, step = 0; step < 60; slot = walked.after(slot), step += 1) {
          expect(walked.compare(slot, walked.after(slot))).toBeLessThan(0);
          expect(walked.compare(slot, slot)).toBe(0);
        }
      }
    }
  });

  it("one family alone has only its own slots", () => {
    expect(firstSlots(new SlotOrder(PARAMS, "p-only"), 7)).toBe("P1 P2 P3 P4 P5 P6 P7");
    expect(firstSlots(new SlotOrder(PARAMS, "c-only"), 3)).toBe("C0 C1 C2");
  });
});

describe("S3 eligible anchors", () => {
  it("P2 asks P5, then C0, then P6: slot order, not round order", () => {
    expect(eligibleFor(leaderSlot(2), 4)).toBe("P5 C0 P6 P7");
  });

  it("C0 is the first anchor of P(r_0 − 5) to P(r_0 − 3)", () => {
    expect(eligibleFor(leaderSlot(3), 3)).toBe("C0 P6 P7");
    expect(eligibleFor(leaderSlot(4), 3)).toBe("C0 P7 P8");
    expect(eligibleFor(leaderSlot(5), 3)).toBe("C0 P8 P9");
  });

  it("C0 never anchors P(r_0 − 2) and later ones, which come after it", () => {
    expect(eligibleFor(leaderSlot(6), 2)).toBe("P9 P10");
  });

  it("only C slots anchor C slots", () => {
    expect(eligibleFor(coinSlot(0), 3)).toBe("C1 C2 C3");
  });
});
