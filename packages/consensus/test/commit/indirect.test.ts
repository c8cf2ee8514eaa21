// S4 (iv) and (v): slots that the anchor decides.

import { describe, expect, it } from "vitest";
import { anchorRule } from "../../src/commit/committer.ts";
import { decide } from "../support/scenario.ts";
import { unsafeAnchorRule } from "../support/unsafe-anchor-rule.ts";

/** P1 = A1: three votes, one blame, and a single certificate, A3. */
const ONE_CERTIFICATE = `
  1: A B C D
  2: A B C D(BCD)
  3: A(ABC) B(ABD) C(ACD) D(BCD)`;

/** P4 = A4 in the same state. */
const P4_UNDECIDED = `
  4: A B C D
  5: A B C D(BCD)
  6: A(ABC) B(ABD) C(ACD) D(BCD)`;

/** With the default, C0 would be the first anchor of P4. */
const NO_COIN_NEAR = { firstCoinRound: 16 };

describe("S4 (iv) indirect decision", () => {
  it("commits if the anchor's history holds a certificate", () => {
    const drawn = { dag: `${ONE_CERTIFICATE}\n4-6: A B C D`, leaders: "A" };
    expect(decide(drawn).verdicts).toMatchObject({ P1: "commit A1", P4: "commit A4" });
    expect(decide(drawn, "A5 B5 C5 D5").verdicts).toMatchObject({ P1: "undecided", P4: "undecided" });
  });

  it("skips if it holds votes of stake Q and no certificate", () => {
    const dag = `
      1: A B C D
      2: A B C D(BCD)
      3: A(ABD) B(ABD) C(ACD) D(BCD)
      4-6: A B C D`;
    expect(decide({ dag, leaders: "A" }).verdicts).toMatchObject({ P1: "skip", P4: "commit A4" });
  });

  it("skips if the only certificate lies elsewhere in the view", () => {
    const dag = `${ONE_CERTIFICATE}
      4: B(BCD) C(BCD) D(BCD)
      5-6: B C D`;
    const drawn = { dag, leaders: "ABBB" };
    expect(decide(drawn, "A3 B6 C6 D6").verdicts).toMatchObject({ P1: "skip", P4: "commit B4" });
  });

  it("an undecided anchor blocks, even if a later one is committed", () => {
    const drawn = {
      dag: `${ONE_CERTIFICATE}${P4_UNDECIDED}\n7: A B C D`,
      leaders: "AAAABBBBBBBB",
      params: NO_COIN_NEAR,
    };
    expect(decide(drawn).verdicts).toMatchObject({ P1: "undecided", P4: "undecided", P5: "commit B5" });
    // What the unsafe rule would have done with the same view.
    const unsafe = decide(drawn, undefined, { families: "both", anchorRule: unsafeAnchorRule });
    expect(unsafe.verdicts["P1"]).toBe("commit A1");
    const later = decide({ ...drawn, dag: `${drawn.dag}\n8-9: A B C D` });
    expect(later.verdicts).toMatchObject({ P1: "commit A1", P4: "commit A4" });
  });

  it("a skipped anchor is passed", () => {
    const dag = `${ONE_CERTIFICATE}
      4: A(ABCD) B(ABCD) C(ABCD)
      5-7: A B C`;
    const drawn = { dag, leaders: "AAADAAAA" };
    expect(decide(drawn).verdicts).toMatchObject({ P1: "commit A1", P4: "skip", P5: "commit A5" });
    expect(decide(drawn, "A6 B6 C6").verdicts).toMatchObject({ P1: "undecided", P4: "skip", P5: "undecided" });
  });

  it("the floor is that of the slot being decided: P3 does not anchor P1", () => {
    const dag = `${ONE_CERTIFICATE}
      4-5: A B C D`;
    // P3 = A3 is committed and holds the certificate, yet P4 is the first slot of round ≥ 1 + 3.
    expect(decide({ dag, leaders: "A" }).verdicts).toMatchObject({ P1: "undecided", P3: "commit A3" });
  });

  it("a chain of slots is decided through anchors that were decided indirectly", () => {
    const dag = `${ONE_CERTIFICATE}${P4_UNDECIDED}
      7-9: A B C D`;
    expect(decide({ dag, leaders: "A", params: NO_COIN_NEAR }).verdicts).toMatchObject({
      P1: "commit A1",
      P4: "commit A4",
      P7: "commit A7",
    });
  });
});

describe("S4 (v)", () => {
  it("with no eligible slot left a slot is undecided", () => {
    expect(decide({ dag: ONE_CERTIFICATE, leaders: "A" }).verdicts["P1"]).toBe("undecided");
  });

  it("the shipped anchor rule passes skips, takes commits, and stops otherwise", () => {
    expect(anchorRule({ type: "skip", isDirect: true })).toBe("pass");
    expect(anchorRule({ type: "undecided" })).toBe("stop");
  });
});
