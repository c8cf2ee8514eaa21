// An adversary in one file: `selvedge sim run SCENARIO --adversary ./hide-leaders.ts`.
// The network hides every known leader's block from F+1 nodes until they have made the block that would vote for it. A
// protocol with known leaders only never commits under it; nothing is lost and nobody is corrupted.
import type { Adversary, AdversaryWorld, MessageVerdict, MessageView } from "@selvedge/sim";

export default function hideLeaders(): Adversary {
  /** By node, the newest round of which it has sent a block of its own. */
  const made = new Map<number, number>();
  const madeBy = (node: number): number => made.get(node) ?? 0;

  /** The F+1 nodes after the leader are its victims. */
  function isHidden({ to, blocks }: MessageView, { knownLeader, size, faultyStakeMax }: AdversaryWorld): boolean {
    return blocks.some(({ ref }) => {
      const distance = (to - ref.author + size) % size;
      const isVictim = distance >= 1 && distance <= faultyStakeMax + 1;
      return ref.author === knownLeader(ref.round) && isVictim && madeBy(to) <= ref.round;
    });
  }

  return {
    name: "hide-leaders",
    power: "content",
    onMessage(message: MessageView, world: AdversaryWorld): MessageVerdict | undefined {
      const own = message.blocks.filter(({ ref }) => ref.author === message.from);
      const newest = Math.max(madeBy(message.from), ...own.map(({ ref }) => ref.round));
      if (newest > madeBy(message.from)) {
        made.set(message.from, newest);
        world.release((held) => !isHidden(held, world));
      }
      if (!isHidden(message, world)) return undefined;
      world.acted("hid a leader");
      return { type: "hold" };
    },
  };
}
