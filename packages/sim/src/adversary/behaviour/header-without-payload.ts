// Puts headers of updates into its blocks whose payload exists nowhere, with a device that signs whatever it is given.
// Nobody may ever vouch for one.

import type { SignedUpdate } from "@selvedge/integrity";
import { type BehaviourDefinition, countOption, numberOption } from "../behaviour-definition.ts";
import { lyingHooks } from "../forged-chain.ts";

export const headerWithoutPayload: BehaviourDefinition = {
  name: "header-without-payload",
  summary: "proposes updates whose payload exists nowhere",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    countOption("everyRounds", "one such header every so many rounds", 4),
    numberOption("device", "number of the colluding device", { default: 0, min: 0, max: 1000, isInteger: true }),
    numberOption("sequence", "sequence number of the first; one more for each", {
      default: 1,
      min: 1,
      max: 1e9,
      isInteger: true,
    }),
  ],
  create: ({ number }) => {
    let sequence = number("sequence");
    return lyingHooks((block, world) => {
      if (block.ref.round % number("everyRounds") !== 0) return undefined;
      const made = world.makeUpdate({ device: number("device"), sequence, variant: 1_000_000 + sequence });
      if (!isSignedUpdate(made?.signed)) return undefined;
      sequence += 1;
      world.acted("proposed a header without payload");
      return { body: { updates: [...block.body.updates, made.signed] } };
    });
  },
};

function isSignedUpdate(value: unknown): value is SignedUpdate {
  return typeof value === "object" && value !== null && "digest" in value && "headerBytes" in value;
}
