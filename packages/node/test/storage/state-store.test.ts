// What the ledger said, as it is stored.

import { type Digest, MemoryStore, commitIndex, digestFromBytes, mustExist, zeroDigest } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { StateStore } from "../../src/storage/state-store.ts";

/** Blocks that a validator held back and shows at once come out in one commit, each with as many transactions as it may have. */
test("a commit of fifty full blocks is stored with all of its transactions", async () => {
  const digests = Array.from({ length: 50 * 4096 }, (_, number) => {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, number);
    return digestFromBytes<Digest>(bytes);
  });
  const state = new StateStore(new MemoryStore(sha256), sha256);
  const index = commitIndex(1);
  const events = [{ type: "transactionsLogged", firstPosition: 0, digests, commitIndex: index }] as const;
  await state.putExecuted({ index, stateRoot: zeroDigest(), events, snapshot: undefined });
  for (const at of [0, digests.length - 1])
    expect(await state.transactionCommit(mustExist(digests[at], "it is one of them"))).toBe(index);
});
