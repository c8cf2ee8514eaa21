// Says again what it said long ago, to whoever comes first.

import type { Emission } from "../adversary.ts";
import { type BehaviourDefinition, countOption, shareOption, timeOption } from "../behaviour-definition.ts";
import { othersThan } from "../emission.ts";

interface Said {
  readonly emission: Emission;
  readonly atMs: number;
}

export const staleReplay: BehaviourDefinition = {
  name: "stale-replay",
  summary: "sends its own old messages again",
  power: "oblivious",
  through: "nodes",
  needs: "any",
  options: [
    shareOption("probability", "chance that an old message goes out with a new one", 0.5),
    timeOption("ageMs", "only messages at least this old", 300),
    countOption("memory", "messages remembered by each node", 256),
  ],
  create: ({ size, number }) => {
    const memories = new Map<number, Said[]>();
    return {
      onEmit: (node, emission, world) => {
        const memory = memories.get(node) ?? [];
        memories.set(node, memory);
        const nowMs = world.nowMs();
        memory.push({ emission, atMs: nowMs });
        if (memory.length > number("memory")) memory.splice(1 + world.choices.below(memory.length - 1), 1);
        const old = memory.filter(({ atMs }) => atMs <= nowMs - number("ageMs"));
        if (old.length === 0 || !world.choices.chance(number("probability"))) return undefined;
        const said = old[world.choices.below(old.length)];
        const to = othersThan(node, size)[world.choices.below(size - 1)];
        if (said === undefined || to === undefined) return undefined;
        world.acted("replayed an old message");
        return [emission, { ...said.emission, to }];
      },
    };
  },
};
