// The synchrony contract: what was sent after GST arrives within delta, what was sent before by GST + delta.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SynchronyContract } from "../../src/network/synchrony.ts";

const contract = (): SynchronyContract => new SynchronyContract({ gstMs: 100, deltaMs: 20 });
const message = (id: number, sentAtMs: number, from = 0, to = 1) => ({ id, from, to, sentAtUs: sentAtMs * 1000 });

describe("the contract", () => {
  it("is kept to the last microsecond and broken by the next", () => {
    const kept = contract();
    kept.onSent(message(1, 130));
    kept.onSent(message(2, 3));
    kept.onDelivered(2, 120_000);
    kept.onDelivered(1, 150_000);
    expect(kept.report(1_000_000)).toEqual({
      isKept: true,
      checkedCount: 2,
      breachCount: 0,
      firstBreach: null,
      longestUs: 20_000,
    });
    const broken = contract();
    broken.onSent(message(1, 130));
    broken.onDelivered(1, 150_001);
    expect(broken.report(1_000_000)).toMatchObject({
      isKept: false,
      breachCount: 1,
      firstBreach: { id: 1, from: 0, to: 1, why: "late", dueUs: 150_000, deliveredAtUs: 150_001 },
    });
  });

  it("allows loss before GST and none after it", () => {
    const one = contract();
    one.onSent(message(1, 99.999));
    one.onLost(1);
    expect(one.report(1_000_000).isKept).toBe(true);
    one.onSent(message(2, 100));
    one.onLost(2);
    expect(one.report(1_000_000)).toMatchObject({
      breachCount: 1,
      firstBreach: { id: 2, why: "lost", deliveredAtUs: null },
    });
  });

  it("counts what never came once it is overdue, and once only", () => {
    const one = contract();
    one.onSent(message(1, 10));
    expect(one.report(120_000).isKept).toBe(true);
    expect(one.report(120_001)).toMatchObject({ breachCount: 1, firstBreach: { why: "undelivered", dueUs: 120_000 } });
    expect(one.report(200_000).breachCount).toBe(1);
  });

  it("says nothing of messages from or to a node that went down", () => {
    const one = contract();
    one.onSent(message(1, 110, 0, 1));
    one.onSent(message(2, 110, 2, 3));
    one.onSent(message(3, 110, 3, 1));
    one.excuseNode(1);
    one.onExcused(2);
    expect(one.report(1_000_000)).toMatchObject({ isKept: true, checkedCount: 0 });
  });

  it("copies, and messages that it was not told of, change nothing", () => {
    const one = contract();
    one.onSent(message(1, 110));
    one.onDelivered(1, 111_000);
    one.onDelivered(1, 999_000);
    one.onDelivered(5, 999_000);
    expect(one.report(1_000_000)).toMatchObject({ isKept: true, checkedCount: 1 });
  });

  it("the first breach is the one due first, whatever the order in which they were noticed", () => {
    const one = contract();
    one.onSent(message(1, 110));
    one.onSent(message(2, 120));
    one.onSent(message(3, 115));
    one.onDelivered(2, 500_000);
    one.onDelivered(3, 600_000);
    expect(one.report(125_000)).toMatchObject({ breachCount: 2, firstBreach: { id: 3 } });
    expect(one.report(1_000_000)).toMatchObject({ breachCount: 3, firstBreach: { id: 1 } });
  });

  it("a delay clamped to dueUs always keeps it, and one microsecond more never does", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), (sentAtUs) => {
        const [kept, broken] = [contract(), contract()];
        for (const one of [kept, broken]) one.onSent({ id: 1, from: 0, to: 1, sentAtUs });
        kept.onDelivered(1, kept.dueUs(sentAtUs));
        broken.onDelivered(1, broken.dueUs(sentAtUs) + 1);
        return kept.report(1e9).isKept && !broken.report(1e9).isKept;
      }),
    );
  });
});
