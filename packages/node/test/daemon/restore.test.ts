// What an engine is given to go on from: of all that a long epoch has stored, what may still matter.

import { createTestChain } from "@selvedge/consensus/testing";
import { MemoryStore, epoch, mustExist, restoreBlock, round, updateKeyOf } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { restoreEngineState } from "../../src/daemon/restore.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";

test("acks of sequences that the ledger has decided stay on the disk", async () => {
  const chain = createTestChain({ size: 4 });
  const store = await ChainStore.open(new MemoryStore(sha256), sha256);
  const updates = [1, 2].flatMap((device) => [1, 2, 3].map((sequence) => chain.update(device, sequence)));
  const [first] = updates;
  const ack = { update: mustExist(updates.at(-1), "there is one").digest, score: null };
  await store.persist({
    type: "persist",
    sync: true,
    blocks: [],
    commits: [],
    signed: { epoch: epoch(0), round: round(1), digest: mustExist(first, "there is one").digest },
    acked: updates.map((update) => ({ key: updateKeyOf(update.header), update: update.digest })),
    unseen: updates,
    acksDue: [ack],
  });
  const { deviceId, modelId } = mustExist(first, "there is one").header;
  const restored = await restoreEngineState({
    chain: store,
    verify: (bytes) => restoreBlock(bytes, sha256),
    lastSignedRound: round(1),
    recentCommitsMax: 10,
    closed: [{ deviceId, modelId, upTo: 2 }],
    historyRound: 0,
  });
  const open = updates.filter(({ header }) => header.deviceId !== deviceId || header.sequence > 2);
  expect(open).toHaveLength(4);
  const digests = new Set(open.map(({ digest }) => digest));
  expect(new Set(restored?.acked.map(({ update }) => update))).toEqual(digests);
  expect(new Set(restored?.unseen.map(({ digest }) => digest))).toEqual(digests);
  expect(restored?.acksDue).toEqual([ack]);
  expect(await store.acks.acked()).toHaveLength(updates.length);
});
