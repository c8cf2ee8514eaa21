// Shares of the coin that are none: right in form, wrong in substance. They are found out only when the coin is asked.

import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { garbageBytes } from "../emission.ts";
import { lyingHooks } from "../forged-chain.ts";

const POINT_BYTES = 32;
const PROOF_BYTES = 64;

export const coinShareGarbage: BehaviourDefinition = {
  name: "coin-share-garbage",
  summary: "puts garbage where its shares of the coin belong",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    {
      name: "what",
      summary: "random bytes, or its real point with a proof that proves nothing",
      type: "choice",
      default: "random",
      choices: ["random", "proof"],
    },
  ],
  create: ({ choice }) =>
    lyingHooks((block, world) => {
      const share = block.header.coinShare;
      if (share === null) return undefined;
      world.acted("sent a bad coin share");
      const points =
        choice("what") === "proof" ? share.points : share.points.map(() => garbageBytes(world, POINT_BYTES));
      return { header: { coinShare: { points, proof: garbageBytes(world, PROOF_BYTES) } } };
    }),
};
