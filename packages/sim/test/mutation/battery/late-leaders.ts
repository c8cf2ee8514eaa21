// Every leader that is known beforehand comes late to everybody: its slot is blamed by all, and no leader slot commits.

import type { Adversary } from "../../../src/adversary/adversary.ts";

export function lateLeaders(delayMs: number): Adversary {
  return {
    name: "late-leaders",
    power: "content",
    onMessage: ({ blocks, from }, world) => {
      if (!blocks.some(({ ref }) => ref.author === from && world.knownLeader(ref.round) === from)) return undefined;
      world.acted("kept a leader back");
      return { type: "delay", ms: delayMs };
    },
  };
}
