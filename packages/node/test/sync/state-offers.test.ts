// Which state a joiner takes up where a peer offers what it does not serve, or what would lead back, and where the network
// has gone on to the next epoch meanwhile.

import {
  type CheckpointCertificate,
  MemoryStore,
  commitIndex,
  digestFromBytes,
  encodeCheckpoint,
  epoch,
  validatorIndex,
} from "@selvedge/integrity";
import { pino } from "pino";
import { expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { NetworkError } from "../../src/network/network-error.ts";
import type { ChainAnswer, Transport } from "../../src/network/transport.ts";
import { TransferStore } from "../../src/storage/transfer-store.ts";
import { type StateSyncSetup, syncState } from "../../src/sync/state-sync.ts";
import { SyncPeers } from "../../src/sync/sync-peers.ts";

const MANIFEST = sha256(Uint8Array.of(1));

function certificateOf(index: number, ofEpoch = 0): CheckpointCertificate {
  const zero = digestFromBytes<never>(new Uint8Array(32));
  const statement = { chainId: zero, epoch: epoch(ofEpoch), index: commitIndex(index), commitDigest: zero };
  return { statement: { ...statement, stateRoot: zero }, signatures: [] };
}

interface Played {
  /** Of the snapshot that each peer offers. */
  readonly offers: readonly number[];
  readonly certificate?: "later";
  readonly lastIndex?: number;
  /** Whether the joiner stops now. */
  readonly isSeen?: (transfers: TransferStore) => Promise<boolean>;
}

/** Peers that offer snapshots and serve nothing of them. */
class Joiner {
  readonly transfers = new TransferStore(new MemoryStore(sha256));
  readonly #stop = new AbortController();
  readonly #played: Played;

  constructor(played: Played) {
    this.#played = played;
  }

  sync(): Promise<number | undefined> {
    const { certificate, lastIndex } = this.#played;
    const transport: Pick<Transport, "peers" | "fetchChain" | "penalise"> = {
      peers: () =>
        this.#played.offers.map((_, index) => ({
          remote: { kind: "validator", index: validatorIndex(index) },
          isConnected: true,
        })) as unknown as ReturnType<Transport["peers"]>,
      fetchChain: (peer, request) => this.#answer(peer ?? -1, request),
      penalise: () => undefined,
    };
    return syncState({
      peers: new SyncPeers({
        transport: transport as Transport,
        self: null,
        stopped: this.#stop.signal,
        nowMs: () => 0,
        pauseMs: 1,
      }),
      transfers: this.transfers,
      certificates: { above: async (after: number) => certificate ?? certificateOf(after + 1) },
      chain: { recentCommits: async () => (lastIndex === undefined ? [] : [{ index: commitIndex(lastIndex) }]) },
      sha256,
      epoch: epoch(0),
      trustRoot: null,
      logger: pino({ level: "silent" }),
    } as unknown as StateSyncSetup);
  }

  async #answer(peer: number, request: Parameters<Transport["fetchChain"]>[1]): Promise<ChainAnswer> {
    if (await this.#played.isSeen?.(this.transfers)) this.#stop.abort(new Error("seen"));
    if (request.type !== "state" || request.kind !== "manifest") throw new NetworkError("RESPONSE_EMPTY", "nothing");
    const index = commitIndex(this.#played.offers[peer] ?? 0);
    return { type: "state", index, totalBytes: MANIFEST.length, bytes: MANIFEST };
  }
}

it("F63: whose state came to nothing is not taken at its word again before the others", async () => {
  const joiner = new Joiner({ offers: [5, 9], isSeen: async (transfers) => (await transfers.read())?.index === 9 });
  await expect(joiner.sync()).rejects.toThrow("seen");
});

it("the only one who offers a state is asked again, although its last one came to nothing", async () => {
  let begun = 0;
  let isBegun = false;
  const joiner = new Joiner({
    offers: [5],
    isSeen: async (transfers) => {
      const isNow = (await transfers.read()) !== undefined;
      if (isNow && !isBegun) begun += 1;
      isBegun = isNow;
      return begun === 2;
    },
  });
  await expect(joiner.sync()).rejects.toThrow("seen");
});

it("no state is taken that ends where this node is or before", async () => {
  expect(await new Joiner({ offers: [5, 9], lastIndex: 9 }).sync()).toBeUndefined();
  const joiner = new Joiner({
    offers: [5, 10],
    lastIndex: 9,
    isSeen: async (transfers) => (await transfers.read())?.index === 10,
  });
  await expect(joiner.sync()).rejects.toThrow("seen");
});

it("gives up where certificates are of a later epoch, so that the committee is followed first", async () => {
  expect(await new Joiner({ offers: [5], certificate: "later" }).sync()).toBeUndefined();
});

it("a transfer that was begun in another epoch is not gone on with", async () => {
  const joiner = new Joiner({ offers: [5], certificate: "later" });
  const certificate = encodeCheckpoint(certificateOf(5, 1));
  await joiner.transfers.begin({
    index: commitIndex(5),
    manifest: MANIFEST,
    certificate,
    source: validatorIndex(0),
  });
  expect(await joiner.sync()).toBeUndefined();
  expect(await joiner.transfers.read()).toBeUndefined();
  expect(await joiner.transfers.isDue()).toBe(true);
});
