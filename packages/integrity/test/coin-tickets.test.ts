// §6: tickets in the place of stake, at the edges; coin-tickets.prop.test.ts has the law against every subset.

import { describe, expect, it } from "vitest";
import { coinTicketsOf, firstTicketOf } from "../src/coin-tickets.ts";
import { STAKE_MAX } from "../src/limits.ts";

function countsOf(stakes: readonly number[]): readonly number[] | string {
  const tickets = coinTicketsOf(stakes.map((stake) => ({ stake })));
  return tickets.ok ? tickets.value.counts : tickets.error.code;
}

describe("§6 tickets", () => {
  it("equal stakes: one ticket each, F_T = ⌊(T − 1)/3⌋", () => {
    const tickets = coinTicketsOf(Array.from({ length: 10 }, () => ({ stake: 5 })));
    expect(tickets).toEqual({
      ok: true,
      value: { counts: Array.from({ length: 10 }, () => 1), total: 10, faultyMax: 3 },
    });
  });

  it("stakes that hardly differ need no more tickets than equal ones", () => {
    expect(countsOf([100, 101, 99, 100])).toEqual([1, 1, 1, 1]);
  });

  it("who can never be faulty may open the coin alone", () => {
    expect(countsOf([100, 1, 1, 1])).toEqual([4, 0, 0, 0]);
  });

  it.each([
    { stakes: [1, 1, 1, 2] },
    { stakes: [3, 2, 2, 2, 1] },
    { stakes: [7, 5, 3, 2, 2, 1, 1] },
    { stakes: [STAKE_MAX, STAKE_MAX - 1, STAKE_MAX, 1, STAKE_MAX] },
  ])("finds tickets for $stakes", ({ stakes }) => {
    expect(countsOf(stakes)).not.toBe("COIN_TICKETS");
  });

  it("the same stakes always get the same tickets, and twice the stakes too", () => {
    const stakes = [9, 4, 4, 3, 2];
    expect(countsOf(stakes)).toEqual(countsOf(stakes));
    expect(countsOf(stakes.map((stake) => 2 * stake))).toBeTypeOf("object");
  });

  it("refuses stakes that no 4n tickets stand for, and stakes that are too large", () => {
    expect(countsOf([20, 2, 11, 1, 8, 12, 7])).toBe("COIN_TICKETS");
    expect(countsOf([STAKE_MAX + 1, 1, 1, 1])).toBe("COIN_TICKETS");
    expect(countsOf([])).toBe("COIN_TICKETS");
  });

  it("tickets are numbered from 1 in the order of validators", () => {
    const tickets = { counts: [2, 0, 3, 1], total: 6, faultyMax: 1 };
    expect([0, 1, 2, 3].map((validator) => firstTicketOf(tickets, validator))).toEqual([1, 3, 3, 6]);
  });

  it("a committee of a thousand is answered", () => {
    const stakes = Array.from({ length: 1000 }, (_, index) => 1000 + ((index * 7919) % 500));
    expect(countsOf(stakes)).toBe("COIN_TICKETS");
    const small = Array.from({ length: 1000 }, (_, index) => 1 + ((index * 7919) % 5));
    expect(countsOf(small)).toEqual(small);
  });
});
