// What a simulated node's disk gives back of what our host wrote to it: as the daemon's does.

import type { PersistEffect } from "@selvedge/consensus";
import { createTestChain } from "@selvedge/consensus/testing";
import { score, updateKeyOf, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { batchRecord, openChain } from "../../src/process/selvedge-store.ts";
import { FaultyDisk } from "../../src/process/sim-disk.ts";

const NOTHING = { type: "persist", sync: true, blocks: [], commits: [], signed: null, acked: [], unseen: [] } as const;

test("U5: acks that are due again are given back until a block has them", () => {
  const chain = createTestChain({ size: 4 });
  const [first, second] = [chain.update(0, 1), chain.update(0, 2)];
  const disk = new FaultyDisk(() => 0);
  let count = 0;
  const write = (effect: Partial<PersistEffect>): void => {
    count += 1;
    disk.write({ records: [batchRecord({ ...NOTHING, ...effect }, count)], sync: true });
  };
  const due = (): unknown => openChain(disk, validatorIndex(0))?.recovered.acksDue;
  const acks = [
    { update: first.digest, score: null },
    { update: second.digest, score: score(-(2 ** 40)) },
  ];
  write({ acksDue: acks });
  expect(due()).toEqual(acks);
  write({ acked: [{ key: updateKeyOf(first.header), update: first.digest }] });
  expect(due()).toEqual(acks.slice(1));
});
