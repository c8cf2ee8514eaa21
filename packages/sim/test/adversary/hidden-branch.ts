// One key, three chains from round 2 on: one for everybody, one for node 0, one for the others. So each holds two blocks of
// every slot and drops whatever is relayed to it of the third (D2). All come late, so that nobody refers to them; then, at
// the moment given, in time: who needs the liar for a quorum refers to what the others lack down to the fork.

import type { BlockRef, VerifiedBlock } from "@selvedge/integrity";
import type { Adversary, AdversaryWorld } from "../../src/adversary/adversary.ts";

const CHAINS = 3;
const FAVOURED = 0;

export function hiddenBranch(liar: number, honest: readonly number[], promptFromMs: number): Adversary {
  const rows = new Map<number, Map<number, BlockRef>>();
  const late: { readonly round: number; readonly blocks: readonly VerifiedBlock[] }[] = [];
  let tips: readonly BlockRef[] = [];
  let made = 1;

  const forge = (world: AdversaryWorld, round: number, parents: readonly BlockRef[]): readonly VerifiedBlock[] =>
    Array.from({ length: CHAINS }, (_, chain) => {
      const [tip] = tips.slice(chain);
      const draft = { round, header: { timestampMs: 1000 * round + chain } };
      return tip === undefined ? null : world.forge(liar, { ...draft, parents: [tip, ...parents] });
    }).filter((block) => block !== null);

  const grow = (world: AdversaryWorld): void => {
    for (let row = rows.get(made); row !== undefined && row.size > 1; row = rows.get(made)) {
      made += 1;
      const blocks = forge(
        world,
        made,
        [...row.values()].toSorted((left, right) => left.author - right.author),
      );
      if (blocks.length < CHAINS) return;
      tips = blocks.map(({ ref }) => ref);
      late.push({ round: made, blocks });
      world.acted("forked");
    }
  };

  const tell = (world: AdversaryWorld): void => {
    for (let [next] = late; next !== undefined; [next] = late) {
      const isLate = rows.get(next.round + 1)?.size === honest.length;
      if (!isLate && world.nowMs() < promptFromMs) return;
      late.shift();
      const [toAll, toOne, toOthers] = next.blocks;
      if (toAll === undefined || toOne === undefined || toOthers === undefined) return;
      for (const to of honest) world.sendBlocksAs(liar, to, [to === FAVOURED ? toOne : toOthers, toAll]);
    }
  };

  return {
    name: "hidden-branch",
    power: "oblivious",
    nodes: [liar],
    onReceive: (_, message, world) => {
      for (const { ref } of message.blocks) {
        if (!honest.includes(ref.author)) continue;
        const row = rows.get(ref.round) ?? new Map<number, BlockRef>();
        rows.set(ref.round, row.set(ref.author, ref));
      }
      if (tips.length > 0) grow(world);
      tell(world);
      return undefined;
    },
    onEmit: (_, { kind, blocks }, world) => {
      const first = blocks.find(({ ref }) => ref.author === liar && ref.round === 1);
      if (kind !== "blocks" || first === undefined) return [];
      if (tips.length === 0) tips = Array.from({ length: CHAINS }, () => first.ref);
      world.after(0, () => grow(world));
      return undefined;
    },
  };
}
