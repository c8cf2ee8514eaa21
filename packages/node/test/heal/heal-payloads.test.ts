// Payloads that nobody gives: each is waited for in its own time, and none of them takes patience from those after it.

import { MemoryStore, mustExist } from "@selvedge/integrity";
import { expect, test, vi } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { healPayloads } from "../../src/heal/heal-payloads.ts";
import { DEFAULT_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { MemoryHub } from "../../src/network/memory-transport.ts";
import { PayloadStore } from "../../src/storage/payload-store.ts";
import { StateStore } from "../../src/storage/state-store.ts";
import { SyncPeers } from "../../src/sync/sync-peers.ts";
import { LocalNetwork } from "../daemon/local-network.ts";

test("a payload that nobody has is given up, named, and counts as progress", async () => {
  const network = new LocalNetwork(4);
  await network.start(0);
  await network.stopAll();
  const disk = mustExist(network.disks[0], "a disk");
  for (const key of disk.keys("payload")) disk.remove("payload", key);
  const store = new MemoryStore(sha256, disk);
  const self = network.member(0);
  const transport = new MemoryHub().createTransport({
    self: { kind: "validator", index: self },
    mode: "direct",
    limits: DEFAULT_NETWORK_LIMITS,
    sha256,
  });
  const { signal: stopped } = new AbortController();
  const noteProgress = vi.fn();
  const lost = await healPayloads(
    {
      store,
      state: new StateStore(store, sha256),
      payloads: new PayloadStore(store, sha256),
      params: network.genesis.params,
      lostRanges: [{ from: "p/", to: "p/~" }],
      pullMaxMs: 50,
    },
    { transport, peers: new SyncPeers({ transport, self, stopped, nowMs: () => 0 }), stopped, noteProgress },
  );
  expect(lost).toHaveLength(1);
  expect(noteProgress).toHaveBeenCalledTimes(1);
});
