// Portions of a state from several peers: what the manifest does not name is asked of somebody else (F63).

import { MemoryStore, commitIndex, validatorIndex } from "@selvedge/integrity";
import { expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import type { ChainAnswer, Transport } from "../../src/network/transport.ts";
import { SNAPSHOT_PORTION_BYTES } from "../../src/storage/snapshot-store.ts";
import { TransferStore } from "../../src/storage/transfer-store.ts";
import { fetchState } from "../../src/sync/state-transfer.ts";
import { SyncPeers } from "../../src/sync/sync-peers.ts";

const SOURCE = 1;
const PORTIONS = [new Uint8Array(SNAPSHOT_PORTION_BYTES).fill(1), new Uint8Array(1000).fill(2)];
const MANIFEST = Uint8Array.from(PORTIONS.flatMap((portion) => [...sha256(portion)]));
const TRANSFER = {
  index: commitIndex(9),
  manifest: MANIFEST,
  certificate: new Uint8Array(),
  source: validatorIndex(SOURCE),
};

/** Peers 1, 2 and 3, of which one gives other bytes than the snapshot's. */
function peersOf(liar: number): { readonly peers: SyncPeers; readonly blamed: readonly number[] } {
  const blamed: number[] = [];
  const transport: Pick<Transport, "peers" | "fetchChain" | "penalise"> = {
    peers: () =>
      [1, 2, 3].map((index) => ({
        remote: { kind: "validator", index: validatorIndex(index) },
        isConnected: true,
        penalty: 0,
      })) as unknown as ReturnType<Transport["peers"]>,
    fetchChain: async (peer, request) => {
      const number = request.type === "state" ? request.fromByte / SNAPSHOT_PORTION_BYTES : 0;
      const honest = PORTIONS[number] ?? new Uint8Array();
      const bytes = peer === liar ? honest.with(0, 9) : honest;
      return { type: "state", index: TRANSFER.index, totalBytes: 0, bytes } as ChainAnswer;
    },
    penalise: ({ ...remote }) => void blamed.push("index" in remote ? Number(remote.index) : -1),
  };
  const { signal: stopped } = new AbortController();
  const peers = new SyncPeers({
    transport: transport as Transport,
    self: validatorIndex(0),
    stopped,
    nowMs: () => 0,
    pauseMs: 1,
  });
  return { peers, blamed };
}

it.each([SOURCE, 2])(
  "a portion that the manifest does not name is not taken, whoever gives it (peer %i)",
  async (liar) => {
    const { peers, blamed } = peersOf(liar);
    const transfers = new TransferStore(new MemoryStore(sha256));
    const { bytes, deviating } = await fetchState({ peers, transfers, sha256 }, TRANSFER);
    expect(bytes.length).toBe(SNAPSHOT_PORTION_BYTES + 1000);
    expect([bytes[0], bytes[SNAPSHOT_PORTION_BYTES]]).toEqual([1, 2]);
    // Who gives other bytes than its own manifest names has lied; whose the lie is otherwise shows with the whole.
    if (liar === SOURCE) expect([new Set(blamed), deviating.size]).toEqual([new Set([SOURCE]), 0]);
    else expect(blamed).toEqual([]);
  },
);
