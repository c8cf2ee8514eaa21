// The transport inside one process: a hub that hands frames from node to node, through the same queues, codecs and bounds
// as the one over libp2p, so that hosts are tested without sockets. Everybody on a hub is connected to everybody.

import { type Sha256, type ValidatorIndex, assert, decodeSignedUpdate } from "@selvedge/integrity";
import { type Asked, answerRequest } from "./fetch-server.ts";
import { CHUNKS_PER_PAYLOAD_MAX, FRAME_TARGET_BYTES, type NetworkLimits, PENALTY_RESPONSE_INVALID } from "./limits.ts";
import { keyOf } from "./link.ts";
import { MemoryLink } from "./memory-link.ts";
import { NetworkError } from "./network-error.ts";
import { PenaltyBook } from "./penalty-book.ts";
import type {
  BlockRequest,
  ChainAnswer,
  ChainRequest,
  PayloadChunk,
  PayloadOffer,
  PayloadPortion,
  PayloadRequest,
  PeerStatus,
  Remote,
  Transport,
  TransportHandler,
} from "./transport.ts";
import { answersChain, encodeChainRequest } from "./wire-chain.ts";
import {
  type WireResponse,
  decodeRequest,
  decodeResponse,
  encodeBlockRequest,
  encodeChunk,
  encodeOffer,
  encodePayloadRequest,
  isBlockSized,
  encodeResponse,
} from "./wire.ts";

export interface MemorySetup {
  readonly self: Remote;
  /** How the hub knows this node, whatever its index is in an epoch; absent: as `self`. */
  readonly name?: string;
  /** Who the node of that name is in this one's epoch; absent: what it calls itself. */
  readonly remoteOf?: (name: string) => Remote;
  readonly mode: "direct" | "gossip";
  readonly limits: NetworkLimits;
  readonly sha256: Sha256;
}

export class MemoryHub {
  /** Started and not stopped, by name. */
  readonly #nodes = new Map<string, MemoryTransport>();

  createTransport(setup: MemorySetup): Transport {
    return new MemoryTransport(setup, this);
  }

  join(node: MemoryTransport): void {
    assert(!this.#nodes.has(node.name), "a name joins a hub once");
    const others = [...this.#nodes.values()];
    this.#nodes.set(node.name, node);
    for (const other of others) {
      other.connect(node);
      node.connect(other);
    }
  }

  leave(node: MemoryTransport): void {
    this.#nodes.delete(node.name);
    for (const other of this.#nodes.values()) other.disconnect(other.remoteOf(node));
  }

  find(remote: Remote, asker: MemoryTransport): MemoryTransport | undefined {
    return [...this.#nodes.values()].find((node) => keyOf(asker.remoteOf(node)) === keyOf(remote));
  }
}

class MemoryTransport implements Transport {
  readonly #setup: MemorySetup;
  readonly #hub: MemoryHub;
  /** Peers met so far; those connected now have a target. */
  readonly #links = new Map<string, MemoryLink>();
  readonly #penalties: PenaltyBook;
  readonly #lifetime = new AbortController();
  #handler: TransportHandler | null = null;

  constructor(setup: MemorySetup, hub: MemoryHub) {
    this.#setup = setup;
    this.#hub = hub;
    const { penaltyHalfLifeMs, banMs } = setup.limits;
    this.#penalties = new PenaltyBook({ halfLifeMs: penaltyHalfLifeMs, banMs, now: Date.now });
  }

  get self(): Remote {
    return this.#setup.self;
  }

  get name(): string {
    return this.#setup.name ?? keyOf(this.#setup.self);
  }

  remoteOf(other: MemoryTransport): Remote {
    return this.#setup.remoteOf?.(other.name) ?? other.self;
  }

  get handler(): TransportHandler | null {
    return this.#handler;
  }

  start(handler: TransportHandler): Promise<void> {
    assert(this.#handler === null, "a transport starts once");
    this.#handler = handler;
    this.#hub.join(this);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    if (this.#lifetime.signal.aborted) return Promise.resolve();
    this.#lifetime.abort();
    this.#hub.leave(this);
    for (const link of this.#links.values()) this.disconnect(link.remote);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The hub tells both ends. A banned peer stays away until its ban ends. */
  connect(target: MemoryTransport): void {
    const remote = this.remoteOf(target);
    const here = target.remoteOf(this);
    if (this.#penalties.isBanned(keyOf(remote)) || target.#penalties.isBanned(keyOf(here))) return;
    const handler = target.handler;
    assert(handler !== null, "only started nodes meet");
    this.#linkTo(remote).connect(handler, here);
    this.#handler?.onPeerChange(remote, true);
  }

  disconnect(remote: Remote): void {
    const link = this.#links.get(keyOf(remote));
    if (link?.isConnected !== true) return;
    link.disconnect();
    this.#handler?.onPeerChange(remote, false);
  }

  pushBlocks(to: ValidatorIndex, blocks: readonly Uint8Array[]): boolean {
    assert(blocks.every(isBlockSized), "a block is within BLOCK_MAX_BYTES");
    return this.#setup.mode === "direct" && this.#validator(to).pushBlocks(blocks);
  }

  publishBlock(block: Uint8Array): void {
    assert(isBlockSized(block), "a block is within BLOCK_MAX_BYTES");
    for (const link of this.#links.values()) {
      const isListening = this.#setup.mode === "gossip" || link.remote.kind === "observer";
      if (isListening && link.isConnected) link.pushBlocks([block]);
    }
  }

  async fetchBlocks(
    from: ValidatorIndex | null,
    request: BlockRequest,
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const link = this.#askable(from);
    const response = await this.#fetch(link, encodeBlockRequest(request), signal);
    if (response.type === "blocks") return response.blocks;
    throw this.#invalidResponse(link, "blocks were asked for");
  }

  pushPayloadOffer(to: ValidatorIndex, offer: PayloadOffer): boolean {
    if (offer.chunkHashes.length > CHUNKS_PER_PAYLOAD_MAX) return false;
    return this.#validator(to).pushPayload(encodeOffer(offer));
  }

  pushPayloadChunk(to: ValidatorIndex, chunk: PayloadChunk): boolean {
    return this.#validator(to).pushPayload(encodeChunk(chunk));
  }

  async fetchPayload(
    from: ValidatorIndex | null,
    request: PayloadRequest,
    signal: AbortSignal,
  ): Promise<PayloadPortion> {
    const link = this.#askable(from);
    const response = await this.#fetch(link, encodePayloadRequest(request), signal);
    if (response.type === "empty") throw new NetworkError("RESPONSE_EMPTY", `no payload ${request.root} there`);
    if (response.type !== "payload") throw this.#invalidResponse(link, "payload was asked for");
    return response.portion;
  }

  async fetchChain(from: ValidatorIndex | null, request: ChainRequest, signal: AbortSignal): Promise<ChainAnswer> {
    const link = this.#askable(from);
    const response = await this.#fetch(link, encodeChainRequest(request), signal);
    if (response.type === "empty")
      throw new NetworkError("RESPONSE_EMPTY", `${keyOf(link.remote)} has nothing for "${request.type}"`);
    if (response.type !== "chain") throw this.#invalidResponse(link, "the chain was asked about");
    const mismatch = answersChain(request, response.answer);
    if (mismatch !== undefined) throw this.#invalidResponse(link, mismatch);
    return response.answer;
  }

  penalise(remote: Remote, points: number, _reason: string): void {
    if (!this.#penalties.add(keyOf(remote), points)) return;
    const peer = this.#hub.find(remote, this);
    this.disconnect(remote);
    peer?.disconnect(peer.remoteOf(this));
    setTimeout(() => this.#reconnect(remote), this.#setup.limits.banMs).unref();
  }

  peers(): readonly PeerStatus[] {
    return [...this.#links.values()].map((link) => link.status(this.#penalties.scoreOf(keyOf(link.remote))));
  }

  addresses(): readonly string[] {
    return [`memory:${keyOf(this.self)}`];
  }

  #reconnect(remote: Remote): void {
    const peer = this.#hub.find(remote, this);
    if (peer === undefined || this.#lifetime.signal.aborted || this.#linkTo(remote).isConnected) return;
    this.connect(peer);
    peer.connect(this);
  }

  #linkTo(remote: Remote): MemoryLink {
    const known = this.#links.get(keyOf(remote));
    if (known !== undefined) return known;
    const { self, limits, sha256 } = this.#setup;
    const link = new MemoryLink({
      self,
      remote,
      limits,
      frameBytes: FRAME_TARGET_BYTES,
      decodeUpdate: (bytes) => decodeSignedUpdate(bytes, sha256),
    });
    this.#links.set(keyOf(remote), link);
    return link;
  }

  #validator(index: ValidatorIndex): MemoryLink {
    return this.#linkTo({ kind: "validator", index });
  }

  #askable(from: ValidatorIndex | null): MemoryLink {
    if (from !== null) return this.#validator(from);
    const connected = [...this.#links.values()].filter(({ isConnected }) => isConnected);
    const link = connected.find(({ remote }) => remote.kind === "validator") ?? connected[0];
    if (link === undefined) throw new NetworkError("PEER_UNREACHABLE", "no peer is connected");
    return link;
  }

  async #fetch(link: MemoryLink, bytes: Uint8Array, signal: AbortSignal): Promise<WireResponse> {
    const response = await link.requests.run(() => {
      const handler = link.target;
      if (handler === null) throw new NetworkError("PEER_UNREACHABLE", `${keyOf(link.remote)} is not connected`);
      return unlessOver(exchange(bytes, { from: link.self, handler }), {
        caller: AbortSignal.any([signal, this.#lifetime.signal]),
        timeout: AbortSignal.timeout(this.#setup.limits.requestTimeoutMs),
      });
    });
    const decoded = decodeResponse(response);
    if (!decoded.ok) throw this.#invalidResponse(link, decoded.error.detail);
    return decoded.value;
  }

  #invalidResponse(link: MemoryLink, detail: string): NetworkError {
    this.penalise(link.remote, PENALTY_RESPONSE_INVALID, detail);
    return new NetworkError("RESPONSE_INVALID", detail);
  }
}

async function exchange(bytes: Uint8Array, asked: Asked): Promise<Uint8Array> {
  const request = decodeRequest(bytes);
  assert(request.ok, "a request of ours decodes");
  return encodeResponse(await answerRequest(request.value, asked));
}

function unlessOver<Value>(
  task: Promise<Value>,
  { caller, timeout }: { readonly caller: AbortSignal; readonly timeout: AbortSignal },
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(new NetworkError("REQUEST_ABORTED", "the caller gave up"));
    if (caller.aborted) giveUp();
    caller.addEventListener("abort", giveUp, { once: true });
    timeout.addEventListener("abort", () => reject(new NetworkError("REQUEST_TIMEOUT", "no answer in time")), {
      once: true,
    });
    task.then(resolve, reject).finally(() => caller.removeEventListener("abort", giveUp));
  });
}
