// One key, two views: beside the chain of the node's engine a second one whose parents are chosen at random from what was
// heard, each for its own part of the others; who sees which changes every few rounds. Nearer to what a clever villain
// does than twins are, for the second chain is free in all it says.

import { type VerifiedBlock } from "@selvedge/integrity";
import type { AdversaryWorld } from "../adversary.ts";
import { type BehaviourDefinition, countOption } from "../behaviour-definition.ts";
import { othersThan } from "../emission.ts";
import type { Alteration } from "../forged-chain.ts";
import { HeardBlocks } from "../heard-blocks.ts";
import { splitHooks } from "../second-chain.ts";

export const splitBrain: BehaviourDefinition = {
  name: "split-brain",
  summary: "a second chain with parents of its own choice, for an audience that changes every few rounds",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [countOption("rounds", "rounds after which the audiences change", 8)],
  create: ({ size, number }) => {
    const heard = new HeardBlocks();
    const audiences = new Map<string, ReadonlySet<number>>();
    const audienceOf = (node: number, round: number, world: AdversaryWorld): ReadonlySet<number> => {
      const name = `${node}/${Math.floor(round / number("rounds"))}`;
      const known = audiences.get(name);
      if (known !== undefined) return known;
      const others = world.choices.shuffled(othersThan(node, size));
      const audience = new Set(others.slice(0, Math.ceil(others.length / 2)));
      audiences.set(name, audience);
      return audience;
    };
    return {
      ...splitHooks({
        what: "made a second view",
        seesTwin: ({ node, emission, world }) => audienceOf(node, newestRound(emission.blocks), world).has(emission.to),
        alter: (block, world) => secondView(block, heard, world),
      }),
      onReceive: (_node, message) => {
        heard.add(message.blocks);
        return undefined;
      },
    };
  },
};

/** As few of the others' blocks as make a quorum, at random. */
function secondView(block: VerifiedBlock, heard: HeardBlocks, world: AdversaryWorld): Alteration {
  const { round, author } = block.ref;
  const known = [
    ...block.header.parents.filter((parent) => parent.author !== author && parent.round === round - 1),
    ...heard.ofRound(round - 1).filter((ref) => ref.author !== author),
  ];
  const stakeOf = (validator: number): number => world.committee.validators[validator]?.stake ?? 0;
  let stake = stakeOf(author);
  const others = new Map<number, VerifiedBlock["ref"]>();
  for (const ref of world.choices.shuffled(known)) {
    if (stake >= world.quorumStake) break;
    if (others.has(ref.author)) continue;
    others.set(ref.author, ref);
    stake += stakeOf(ref.author);
  }
  const hasQuorum = stake >= world.quorumStake;
  return {
    ...(hasQuorum && { others: [...others.values()] }),
    header: { timestampMs: block.header.timestampMs + 1 },
    body: { transactions: block.body.transactions.toReversed() },
  };
}

function newestRound(blocks: readonly VerifiedBlock[]): number {
  return blocks.reduce((newest, { ref }) => Math.max(newest, ref.round), 0);
}
