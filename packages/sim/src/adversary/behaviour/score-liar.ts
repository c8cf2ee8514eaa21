// Acks honestly what it holds, and scores it as it likes: as far up or down as the wire allows, or at random.

import { SCORE_MAX, type Score, score } from "@selvedge/integrity";
import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { lyingHooks } from "../forged-chain.ts";

export const scoreLiar: BehaviourDefinition = {
  name: "score-liar",
  summary: "gives false scores with its acks",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    {
      name: "how",
      summary: "highest, lowest, or anything",
      type: "choice",
      default: "random",
      choices: ["highest", "lowest", "random"],
    },
  ],
  create: ({ choice }) =>
    lyingHooks((block, world) => {
      if (block.body.acks.length === 0) return undefined;
      world.acted("lied about a score");
      return { body: { acks: block.body.acks.map((ack) => ({ ...ack, score: falseScore(choice("how"), world) })) } };
    }),
};

function falseScore(how: string, world: AdversaryWorld): Score {
  if (how === "highest") return score(SCORE_MAX);
  if (how === "lowest") return score(-SCORE_MAX);
  return score(world.choices.below(2 * SCORE_MAX + 1) - SCORE_MAX);
}
