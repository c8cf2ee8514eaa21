// An adversary in one file: `selvedge sim run SCENARIO --adversary ./silence-leaders.ts`.
// Corrupts leaders as they come up, as long as the budget lasts. What it has corrupted signs two blocks in every round: one
// half of the others is shown the real one, the other half its twin, and whoever led last is told nothing.
import type { Adversary } from "@selvedge/sim";

export default function silenceLeaders({ nodes }: { nodes?: number } = {}): Adversary {
  let seen = 0;
  return {
    name: "silence-leaders",
    power: "adaptive",
    ...(nodes !== undefined && { budget: { nodes } }),

    onMessage(_message, world) {
      const round = world.highestRound();
      const leader = world.knownLeader(round);
      if (round > seen && leader !== null && world.corrupt(leader)) world.acted("corrupted a leader");
      seen = Math.max(seen, round);
      return undefined; // What has left a node already goes its way.
    },

    onEmit(node, emission, world) {
      if (emission.to === world.knownLeader(world.highestRound() - 1)) return [];
      if (emission.kind !== "blocks" || emission.to % 2 === 0) return undefined;
      const shown = emission.blocks.map((block) => {
        if (block.ref.author !== node) return block;
        const { round, parents, coinShare, timestampMs } = block.header;
        const twin = world.forge(node, { round, parents, header: { coinShare, timestampMs: timestampMs + 1 } });
        if (twin !== null) world.acted("equivocated");
        return twin ?? block;
      });
      return [world.withBlocks(emission, shown)];
    },
  };
}
