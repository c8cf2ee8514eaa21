// Lies about the time in its blocks: nothing but the median may read it, and the median must shrug.

import { type BehaviourDefinition, timeOption } from "../behaviour-definition.ts";
import { lyingHooks } from "../forged-chain.ts";

export const timestampLiar: BehaviourDefinition = {
  name: "timestamp-liar",
  summary: "puts wrong times into its blocks",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    {
      name: "how",
      summary: "ahead, behind, or to and fro from block to block",
      type: "choice",
      default: "wild",
      choices: ["ahead", "behind", "wild"],
    },
    timeOption("offsetMs", "how wrong", 3_600_000),
  ],
  create: ({ choice, number }) =>
    lyingHooks((block, world) => {
      const isAhead = choice("how") === "ahead" || (choice("how") === "wild" && world.choices.chance(0.5));
      const wrong = block.header.timestampMs + (isAhead ? number("offsetMs") : -number("offsetMs"));
      world.acted("lied about the time");
      return { header: { timestampMs: Math.max(0, Math.round(wrong)) } };
    }),
};
