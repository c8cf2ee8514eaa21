// The network of the worst case for rules with known leaders: every known leader's block reaches F+1 stake only once
// they have made the block that would have voted for it. Protocols without blocks: all messages of the present leader.

import type { AdversaryWorld, MessageVerdict, MessageView } from "../adversary.ts";
import { type BehaviourDefinition, flagOption, timeOption } from "../behaviour-definition.ts";
import { upToStake } from "../emission.ts";
import { HeldMessages } from "../held-messages.ts";

export const leaderScheduler: BehaviourDefinition = {
  name: "leader-scheduler",
  summary: "hides every known leader's block from F+1 stake until they have made the block that would vote for it",
  power: "content",
  through: "network",
  needs: "any",
  options: [
    timeOption("holdMaxMs", "lets a message go after this long all the same", 2000),
    flagOption("isFixed", "always the nodes after the leader; else other victims each round", true),
  ],
  create: ({ size, stakes, faultyStakeMax, number, flag }) => {
    const held = new HeldMessages<number>(number("holdMaxMs"));
    /** By node, the round of its newest block seen leaving. */
    const madeRounds: number[] = stakes.map(() => 0);
    const victims = new Map<number, ReadonlySet<number>>();
    const victimsOf = (round: number, leader: number, world: AdversaryWorld): ReadonlySet<number> => {
      const known = victims.get(round);
      if (known !== undefined) return known;
      const after = Array.from({ length: size - 1 }, (_, offset) => (leader + 1 + offset) % size);
      const order = flag("isFixed") ? after : world.choices.shuffled(after);
      const chosen = new Set(upToStake(order, stakes, faultyStakeMax + 1));
      victims.set(round, chosen);
      victims.delete(round - 1000);
      return chosen;
    };
    const isHiddenFrom = (to: number, round: number, world: AdversaryWorld): boolean => {
      const leader = world.knownLeader(round);
      return leader !== null && leader !== to && victimsOf(round, leader, world).has(to);
    };
    /** The newest hidden leader round in the message that its receiver may not see yet. */
    const hiddenRound = (message: MessageView, world: AdversaryWorld): number | undefined => {
      let newest: number | undefined;
      for (const { ref } of message.blocks) {
        if ((madeRounds[message.to] ?? 0) > ref.round) continue;
        if (world.knownLeader(ref.round) !== ref.author || !isHiddenFrom(message.to, ref.round, world)) continue;
        newest = Math.max(newest ?? 0, ref.round);
      }
      return newest;
    };
    const onBlocks = (message: MessageView, world: AdversaryWorld): MessageVerdict | undefined => {
      const own = message.blocks.reduce(
        (round, { ref }) => (ref.author === message.from ? Math.max(round, ref.round) : round),
        madeRounds[message.from] ?? 0,
      );
      if (own > (madeRounds[message.from] ?? 0)) {
        madeRounds[message.from] = own;
        held.releaseOf(message.from, (round) => own > round, world);
      }
      const round = hiddenRound(message, world);
      return round === undefined ? undefined : held.hold(message, round, world);
    };
    const onOther = (message: MessageView, world: AdversaryWorld): MessageVerdict | undefined => {
      const round = world.highestRound();
      held.releaseAll((before) => before < round, world);
      if (world.knownLeader(round) !== message.from || !isHiddenFrom(message.to, round, world)) return undefined;
      return held.hold(message, round, world);
    };
    return {
      onMessage: (message, world) => {
        const isDag = message.blocks.length > 0 || madeRounds.some((round) => round > 0);
        const verdict = isDag ? onBlocks(message, world) : onOther(message, world);
        if (verdict !== undefined) world.acted("hid a leader");
        return verdict;
      },
      stop: (world) => held.releaseAll(() => true, world),
    };
  },
};
