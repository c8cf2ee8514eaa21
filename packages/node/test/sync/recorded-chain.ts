// A chain that was made once by a real network, served by played peers that tell the truth or lie: what a joiner meets.

import { MemoryStore, type Store, type ValidatorIndex, commitIndex, validatorIndex } from "@selvedge/integrity";
import { pino } from "pino";
import { sha256 } from "../../src/crypto.ts";
import type { RunningNode } from "../../src/daemon/node.ts";
import type { NodeSetup } from "../../src/daemon/parts.ts";
import { DEFAULT_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { MemoryHub } from "../../src/network/memory-transport.ts";
import type {
  BlockRequest,
  ChainAnswer,
  ChainRequest,
  Transport,
  TransportHandler,
} from "../../src/network/transport.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";
import { SnapshotStore } from "../../src/storage/snapshot-store.ts";
import { StateStore } from "../../src/storage/state-store.ts";
import { serveChain } from "../../src/sync/serve-chain.ts";
import { LocalNetwork } from "../daemon/local-network.ts";

/** The joiner is the last validator. */
export const JOINER = 3;

export interface PlayedPeer {
  /** Takes the honest answer and gives the one that is sent. */
  readonly chain?: (request: ChainRequest, honest: ChainAnswer | undefined) => ChainAnswer | undefined | Promise<never>;
  readonly blocks?: (request: BlockRequest, honest: readonly Uint8Array[]) => readonly Uint8Array[] | Promise<never>;
}

export interface Joining {
  readonly node: RunningNode;
  readonly transport: Transport;
  /** The highest score that any transport of the joiner has for the peer. */
  readonly penaltyOf: (peer: number) => number;
  readonly log: readonly string[];
  readonly stop: () => Promise<void>;
}

export class RecordedChain {
  readonly local: LocalNetwork;

  private constructor(local: LocalNetwork) {
    this.local = local;
  }

  /** Four validators, of which three make the chain. */
  static async make(commits: number): Promise<RecordedChain> {
    const local = new LocalNetwork(JOINER + 1);
    const nodes = await Promise.all([0, 1, 2].map((index) => local.start(index)));
    let turn = 0;
    const load = setInterval(() => {
      turn += 1;
      void nodes[turn % 3]?.services.submitTransaction(new TextEncoder().encode(`transaction ${turn}`));
    }, 3);
    while (nodes.some(({ services }) => (services.latestCheckpoint()?.statement.index ?? 0) < commits)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    clearInterval(load);
    await local.stopAll();
    return new RecordedChain(local);
  }

  store(index: number): Store {
    return new MemoryStore(sha256, this.local.disks[index]);
  }

  /** Highest commit with a certificate that any peer has. */
  async certifiedIndex(): Promise<number> {
    const newest = await Promise.all(
      [0, 1, 2].map((peer) => new StateStore(this.store(peer), sha256).latestCheckpoint()),
    );
    return Math.max(...newest.map((certificate) => certificate?.statement.index ?? 0));
  }

  stateRoot(of: number, index: number): ReturnType<StateStore["stateRoot"]> {
    return new StateStore(this.store(of), sha256).stateRoot(commitIndex(index));
  }

  /** The joiner among three played peers. With `wipe` it has nothing but its keys. */
  async join(
    played: readonly PlayedPeer[],
    options: Partial<NodeSetup> & { readonly wipe?: boolean } = {},
  ): Promise<Joining> {
    const { wipe = true, ...overrides } = options;
    if (wipe) this.local.wipe(JOINER);
    const hub = new MemoryHub();
    const transports: Transport[] = [];
    const limits = { ...DEFAULT_NETWORK_LIMITS, requestTimeoutMs: 400, banMs: 60_000 };
    const create = (index: ValidatorIndex): Transport =>
      hub.createTransport({ self: { kind: "validator", index }, mode: "direct", limits, sha256 });
    for (const [position, peer] of played.entries()) {
      const transport = create(validatorIndex(position));
      await transport.start(await this.#handlerOf(position, peer));
      transports.push(transport);
    }
    const log: string[] = [];
    // One while a state comes, if it does, and one of the node.
    const own: Transport[] = [];
    const node = await this.local.start(JOINER, {
      sync: { gapCommits: 10, retryMs: 50 },
      logger: pino({ level: "info" }, { write: (line) => void log.push(line) }),
      makeTransport: (): Promise<Transport> => {
        const transport = create(validatorIndex(JOINER));
        own.push(transport);
        return Promise.resolve(transport);
      },
      ...overrides,
    });
    return {
      node,
      transport: node.transport,
      penaltyOf: (peer) => Math.max(...own.map((transport) => penaltyOf(transport, peer))),
      log,
      stop: async () => {
        await node.stop();
        for (const transport of transports) await transport.stop();
      },
    };
  }

  async #handlerOf(position: number, peer: PlayedPeer): Promise<TransportHandler> {
    const store = this.store(position);
    const chain = await ChainStore.open(store, sha256);
    const state = new StateStore(store, sha256);
    const server = { chain, state, snapshots: new SnapshotStore(store, sha256) };
    return {
      onBlocks: () => Promise.resolve(),
      onPayloadOffer: () => Promise.resolve(),
      onPayloadChunk: () => Promise.resolve(),
      servePayload: () => Promise.resolve(undefined),
      onPeerChange: () => undefined,
      serveChain: async (_from, request) => {
        const honest = await serveChain(server, request);
        return peer.chain === undefined ? honest : peer.chain(request, honest);
      },
      serveBlocks: async (request) => {
        const found = request.type === "refs" ? await chain.blocks(request.refs) : [];
        const honest = found.filter((bytes) => bytes !== undefined);
        return peer.blocks === undefined ? honest : peer.blocks(request, honest);
      },
    };
  }
}

function penaltyOf(transport: Transport, peer: number): number {
  const found = transport.peers().find(({ remote }) => remote.kind === "validator" && remote.index === peer);
  return found?.penalty ?? 0;
}
