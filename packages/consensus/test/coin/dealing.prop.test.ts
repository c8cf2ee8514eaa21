// §6: no byte of a dealing may be other than it is, and hostile bytes are answered, not thrown at.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDealingScheme } from "../../src/coin/dealing.ts";
import { dealingFixture, sha256 } from "./dealing-fixture.ts";

const fixture = dealingFixture([1]);
const honest = fixture.dealingOf(0);
const scheme = createDealingScheme(sha256);

describe("§6 dealings from anywhere", () => {
  it("the honest one verifies, and with any bit flipped it does not", () => {
    expect(scheme.verify(honest, fixture.contextOf(0)).ok).toBe(true);
    fc.assert(
      fc.property(fc.nat({ max: 8 * honest.length - 1 }), (bit) => {
        const damaged = honest.slice();
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(scheme.verify(damaged, fixture.contextOf(0)).ok).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it("any bytes of any length have an answer", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2 * honest.length }), (bytes) => {
        expect(scheme.verify(bytes, fixture.contextOf(0)).ok).toBe(false);
      }),
      { numRuns: 25 },
    );
  });
});
