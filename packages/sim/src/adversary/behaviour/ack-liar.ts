// Vouches for every update it hears of, at once, holding none of them, and for both of two rivals.

import { type Ack, type UpdateDigest, compareDigests } from "@selvedge/integrity";
import { type BehaviourDefinition } from "../behaviour-definition.ts";
import { lyingHooks } from "../forged-chain.ts";
import { updatesOf } from "../heard-blocks.ts";

const ACKS_MAX = 128;

export const ackLiar: BehaviourDefinition = {
  name: "ack-liar",
  summary: "acks updates that it does not hold, and both of two rivals",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [],
  create: () => {
    const heard = new Map<number, Map<UpdateDigest, boolean>>();
    const heardBy = (node: number): Map<UpdateDigest, boolean> => {
      const known = heard.get(node) ?? new Map<UpdateDigest, boolean>();
      heard.set(node, known);
      return known;
    };
    const hooks = lyingHooks((block, world) => {
      const updates = heardBy(block.ref.author);
      for (const { digest } of block.body.updates) if (!updates.has(digest)) updates.set(digest, false);
      const honest = block.body.acks.filter(({ update }) => updates.get(update) !== true);
      for (const { update } of honest) updates.set(update, true);
      const lies = [...updates].filter(([, isAcked]) => !isAcked).slice(0, ACKS_MAX);
      if (lies.length === 0 && honest.length === block.body.acks.length) return undefined;
      for (const [update] of lies) updates.set(update, true);
      if (lies.length > 0) world.acted("acked unseen");
      const acks: readonly Ack[] = [...honest, ...lies.map(([update]) => ({ update, score: null }))];
      return { body: { acks: acks.toSorted((left, right) => compareDigests(left.update, right.update)) } };
    });
    return {
      ...hooks,
      onReceive: (node, message) => {
        const updates = heardBy(node);
        for (const { digest } of updatesOf(message.blocks)) if (!updates.has(digest)) updates.set(digest, false);
        return undefined;
      },
    };
  },
};
