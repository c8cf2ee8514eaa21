// An adversary's choices, with what it asks for checked: NaN or a negative bound would be drawn without a word, and the
// run would look as if the adversary had chosen.

import type { ChoiceStreams, Choices } from "../kernel/decisions.ts";
import { adversaryFailed } from "./adversary-error.ts";
import { isAmount, shown } from "./adversary-shape.ts";

/** The same streams, each named in what is said about its wrong use. */
export function checkedStreams(streams: ChoiceStreams): ChoiceStreams {
  return { of: (purpose, node, peer) => checkedChoices(purpose, streams.of(purpose, node, peer)) };
}

function checkedChoices(purpose: string, choices: Choices): Choices {
  return {
    fraction: choices.fraction,
    below: (below) => {
      if (Number.isInteger(below) && below >= 1) return choices.below(below);
      throw adversaryFailed(`${purpose}: choices.below needs a whole number from 1, not ${shown(below)}`);
    },
    chance: (probability) => {
      if (isAmount(probability) && probability <= 1) return choices.chance(probability);
      throw adversaryFailed(`${purpose}: choices.chance needs a number from 0 to 1, not ${shown(probability)}`);
    },
    shuffled: choices.shuffled,
  };
}
