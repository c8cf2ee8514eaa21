// The network of a node that heals: opened only if something is missing, closed before the node's own is opened. It serves
// blocks, so that several nodes that heal at once can help each other, and takes nothing in.

import type { ValidatorIndex } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { BLOCKS_PER_RESPONSE_MAX, RESPONSE_MAX_BYTES } from "../network/limits.ts";
import type { Transport, TransportHandler } from "../network/transport.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import { SyncPeers } from "../sync/sync-peers.ts";

export interface HealNetworkSetup {
  readonly chain: ChainStore;
  readonly self: ValidatorIndex | null;
  readonly openTransport: () => Promise<Transport>;
  readonly nowMs: () => number;
  readonly patienceMs?: number;
  /** Aborted when the node is to stop while it heals. */
  readonly stopped?: AbortSignal;
}

export interface HealConnection {
  readonly transport: Transport;
  readonly peers: SyncPeers;
  readonly stopped: AbortSignal;
  /** Something came, or was given up in its own time: patience begins anew. */
  readonly noteProgress: () => void;
}

const PAGE = { blocksMax: BLOCKS_PER_RESPONSE_MAX, bytesMax: RESPONSE_MAX_BYTES };
/** Long enough for peers that start at the same time. */
const PATIENCE_MS = 120_000;

export class HealNetwork {
  readonly #setup: HealNetworkSetup;
  readonly #stop = new AbortController();
  #connection: Promise<HealConnection> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(setup: HealNetworkSetup) {
    this.#setup = setup;
  }

  open(): Promise<HealConnection> {
    return (this.#connection ??= this.#connect());
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort();
    const connection = await this.#connection;
    await connection?.transport.stop();
  }

  async #connect(): Promise<HealConnection> {
    const { self, nowMs, openTransport, patienceMs = PATIENCE_MS, chain, stopped: outside } = this.#setup;
    const timer = setTimeout(() => this.#stop.abort(tookTooLong(patienceMs)), patienceMs);
    this.#timer = timer;
    const noteProgress = (): void => void timer.refresh();
    const transport = await openTransport();
    await transport.start(servingOnly(chain));
    const stopped = AbortSignal.any([this.#stop.signal, ...(outside === undefined ? [] : [outside])]);
    return { transport, stopped, peers: new SyncPeers({ transport, self, stopped, nowMs }), noteProgress };
  }
}

function tookTooLong(patienceMs: number): NodeError {
  return new NodeError(
    "HEAL_FAILED",
    `records are missing, and no validator has given them within ${Math.round(patienceMs / 1000)} seconds`,
  );
}

function servingOnly(chain: ChainStore): TransportHandler {
  return {
    onBlocks: async () => undefined,
    onPayloadOffer: async () => undefined,
    onPayloadChunk: async () => undefined,
    serveBlocks: async (request) => (request.type === "refs" ? chain.blocksOnPage(request.refs, PAGE) : []),
    servePayload: async () => undefined,
    serveChain: async () => undefined,
    onPeerChange: () => undefined,
  };
}
