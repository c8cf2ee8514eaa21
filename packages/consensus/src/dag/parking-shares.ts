// Who answers for the blocks that wait (docs/protocol.md, D1). An honest validator refers to nothing that it does not
// hold with all its ancestors, so junk is never its burden; and what it needs of others finds room in its own share,
// however much junk those have sent.

import { type ValidatorIndex, mustExist, validatorIndex } from "@selvedge/integrity";
import { type Bits, placesIn } from "./bits.ts";

export class ParkingShares {
  readonly #counts = new Map<ValidatorIndex, number>();

  of(validator: ValidatorIndex): number {
    return this.#counts.get(validator) ?? 0;
  }

  /** Charges a block to the one of its owners that has the least to answer for: of several, the lowest. */
  charge(owners: Bits): ValidatorIndex {
    const [first, ...others] = placesIn(owners).map((place) => validatorIndex(place));
    let payer = mustExist(first, "a block has an author");
    for (const owner of others) if (this.of(owner) < this.of(payer)) payer = owner;
    this.#counts.set(payer, this.of(payer) + 1);
    return payer;
  }

  release(payer: ValidatorIndex): void {
    const count = this.of(payer) - 1;
    if (count === 0) this.#counts.delete(payer);
    else this.#counts.set(payer, count);
  }

  /** Who has the most to answer for: of several, the lowest. Something must be charged. */
  mostBurdened(): ValidatorIndex {
    let most: ValidatorIndex | undefined;
    for (const [validator, count] of this.#counts) {
      const lead = most === undefined ? 1 : count - this.of(most);
      if (lead > 0 || (lead === 0 && most !== undefined && validator < most)) most = validator;
    }
    return mustExist(most, "something is parked");
  }
}
