// Bytes that mean nothing, and blocks of its own with one bit turned.

import type { AdversaryWorld, Emission } from "../adversary.ts";
import { type BehaviourDefinition, countOption, shareOption } from "../behaviour-definition.ts";
import { garbageBytes, ownBlocks } from "../emission.ts";

export const garbage: BehaviourDefinition = {
  name: "garbage",
  summary: "sends random bytes and blocks with one bit turned",
  power: "oblivious",
  through: "nodes",
  needs: "selvedge",
  options: [
    shareOption("probability", "chance with each of its messages", 0.3),
    countOption("bytesMax", "length of the random bytes", 512),
  ],
  create: ({ number }) => ({
    onEmit: (node, emission, world) => {
      if (!world.choices.chance(number("probability"))) return undefined;
      const bytes =
        damagedBlock(node, emission, world) ?? garbageBytes(world, 1 + world.choices.below(number("bytesMax")));
      if (world.sendBytesAs(node, emission.to, bytes)) world.acted("sent garbage");
      return undefined;
    },
  }),
};

function damagedBlock(node: number, emission: Emission, world: AdversaryWorld): Uint8Array | undefined {
  const own = ownBlocks(node, emission.blocks).at(-1);
  if (own === undefined || world.choices.chance(0.5)) return undefined;
  const bytes = new Uint8Array(own.bytes);
  const bit = world.choices.below(bytes.length * 8);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return bytes;
}
