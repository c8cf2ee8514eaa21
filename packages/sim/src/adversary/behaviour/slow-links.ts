// A fixed share of the links is slow, from the first message to the last.

import { type BehaviourDefinition, shareOption, timeOption } from "../behaviour-definition.ts";

export const slowLinks: BehaviourDefinition = {
  name: "slow-links",
  summary: "a share of the links is slow all the time",
  power: "timing",
  through: "network",
  needs: "any",
  options: [
    shareOption("share", "of all directed links", 0.34),
    timeOption(
      "extraMs",
      "what a message takes longer there: four times the one-way delay makes the link five times as slow",
      200,
    ),
  ],
  create: ({ size, number }) => {
    const isSlow = new Map<number, boolean>();
    return {
      onMessage: ({ from, to }, world) => {
        const link = from * size + to;
        const known = isSlow.get(link) ?? world.choices.chance(number("share"));
        isSlow.set(link, known);
        if (!known) return undefined;
        world.acted("slowed a message");
        return { type: "delay", ms: number("extraMs") };
      },
    };
  },
};
