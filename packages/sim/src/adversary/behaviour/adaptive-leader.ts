// Corrupts each leader as it is elected, as long as the budget lasts, and silences it. Later it moves its attention to
// the next: what is corrupted stays so, silence lasts as long as asked.

import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition, numberOption, timeOption } from "../behaviour-definition.ts";

export const adaptiveLeader: BehaviourDefinition = {
  name: "adaptive-leader",
  summary: "corrupts the leader as it is elected and silences it",
  power: "adaptive",
  through: "adaptive",
  needs: "any",
  options: [
    timeOption("silentMs", "silenced for so long each time it leads; 0: for good", 0),
    numberOption("ahead", "strikes so many rounds before it leads", { default: 0, min: 0, max: 1000, isInteger: true }),
  ],
  create: ({ number }) => {
    const silentUntilMs = new Map<number, number>();
    let seenRound = -1;
    const strike = (leader: number, world: AdversaryWorld): void => {
      const isNew = !world.corrupted().has(leader);
      if (isNew && !world.corrupt(leader)) return;
      if (isNew) world.acted("corrupted the leader");
      const untilMs = number("silentMs") === 0 ? Number.POSITIVE_INFINITY : world.nowMs() + number("silentMs");
      silentUntilMs.set(leader, untilMs);
    };
    return {
      onMessage: (message, world) => {
        // What left it before it was struck goes its way.
        const isSilenced = (silentUntilMs.get(message.from) ?? 0) > world.nowMs();
        const round = world.highestRound();
        if (round > seenRound) {
          seenRound = round;
          const leader = world.knownLeader(round + number("ahead"));
          if (leader !== null) strike(leader, world);
        }
        if (!isSilenced) return undefined;
        world.acted("silenced the leader");
        return { type: "drop" };
      },
    };
  },
};
