// Sets of places as words of bits, against sets of numbers.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bits, NO_BITS, nextPlace, placesIn, withBit } from "../../src/dag/bits.ts";

function bitsOf(places: readonly number[]): Bits {
  let bits = NO_BITS;
  for (const place of places) bits = withBit(bits, place);
  return bits;
}

function walked(bits: Bits): readonly number[] {
  const places: number[] = [];
  for (let place = nextPlace(bits, 0); place >= 0; place = nextPlace(bits, place + 1)) places.push(place);
  return places;
}

describe("sets of places", () => {
  it("a walk from member to member meets each once, ascending, and ends", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), (places) => {
        const ascending = places.toSorted((left, right) => left - right);
        expect(walked(bitsOf(places))).toEqual(ascending);
        expect(placesIn(bitsOf(places))).toEqual(ascending);
      }),
    );
  });

  it("the next member may be the place itself, the last of a word, or none", () => {
    const bits = bitsOf([0, 31, 32, 95]);
    expect([0, 1, 31, 32, 33, 95, 96, 1000].map((place) => nextPlace(bits, place))).toEqual([
      0, 31, 31, 32, 95, 95, -1, -1,
    ]);
  });
});
