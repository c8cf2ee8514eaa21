// The transport over libp2p: puts node, hellos, links, dialers, streams and gossip together behind the port of
// transport.ts. Holds no policy of its own beyond which protocol means what.

import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { Connection, PeerId } from "@libp2p/interface";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { type ChainId, type Committee, type Crypto, type ValidatorIndex, assert, mustExist } from "@selvedge/integrity";
import { BlockGossip } from "./block-gossip.ts";
import { type PeerAddress, keepConnected } from "./dialer.ts";
import { fetchFrom } from "./fetch-client.ts";
import { Greeter } from "./greeter.ts";
import type { ValidatorIdentity } from "./hello.ts";
import { type NetworkNode, createNetworkNode } from "./libp2p-node.ts";
import { CHUNKS_PER_PAYLOAD_MAX, type NetworkLimits, PENALTY_RESPONSE_INVALID } from "./limits.ts";
import { LinkTable } from "./link-table.ts";
import type { Link } from "./link.ts";
import type { NetworkLogger } from "./logger.ts";
import { NetworkError } from "./network-error.ts";
import { blocksTopic } from "./protocols.ts";
import { serveProtocols } from "./serve-protocols.ts";
import { listenFailure, pause, reasonOf, supervise } from "./supervise.ts";
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
  encodeBlockRequest,
  encodeChunk,
  encodeOffer,
  encodePayloadRequest,
  isBlockSized,
} from "./wire.ts";

export interface TransportSetup {
  readonly chainId: ChainId;
  readonly committee: Committee;
  /** Null for a node that is no validator. */
  readonly self: ValidatorIdentity | null;
  /** 32-byte ed25519 seed of the network identity; not the validator's key. */
  readonly networkSecretKey: Uint8Array;
  readonly listen: readonly string[];
  readonly peers: readonly PeerAddress[];
  /** "direct": blocks go over streams, gossip is for observers. "gossip": blocks go over gossip alone. */
  readonly mode: "direct" | "gossip";
  readonly limits: NetworkLimits;
  readonly logger: NetworkLogger;
  readonly crypto: Crypto;
}

export async function createLibp2pTransport(setup: TransportSetup): Promise<Transport> {
  assert(setup.networkSecretKey.length === 32, "the network key is 32 bytes");
  const privateKey = await generateKeyPairFromSeed("Ed25519", setup.networkSecretKey);
  const table = new LinkTable({
    validators: setup.committee.validators.map(({ index }) => index),
    selfIndex: setup.self?.index ?? null,
    limits: setup.limits,
    logger: setup.logger,
    localPeerId: peerIdFromPrivateKey(privateKey).toString(),
  });
  const node = await createNetworkNode({
    privateKey,
    listen: setup.listen,
    peers: setup.peers.map((peer) => peer.multiaddr),
    limits: setup.limits,
    committeeSize: setup.committee.validators.length,
    topic: blocksTopic(setup.chainId),
    sha256: setup.crypto.sha256,
    isBanned: (peerId) => table.isPeerBanned(peerId.toString()),
    isValidator: (peerId) => table.byPeerId(peerId)?.remote.kind === "validator",
  });
  return new Libp2pTransport(setup, node, table);
}

class Libp2pTransport implements Transport {
  readonly #setup: TransportSetup;
  readonly #node: NetworkNode;
  readonly #table: LinkTable;
  readonly #greeter: Greeter;
  readonly #gossip: BlockGossip;
  /** Aborted once, by stop: ends dialers, requests and loops. */
  readonly #lifetime = new AbortController();
  /** Set by start. */
  #handler: TransportHandler | null = null;
  #stopped: Promise<void> | null = null;

  constructor(setup: TransportSetup, node: NetworkNode, table: LinkTable) {
    this.#setup = setup;
    this.#node = node;
    this.#table = table;
    this.#greeter = new Greeter({
      handshake: () => ({
        context: setup,
        localPeerId: node.peerId.toString(),
        timeoutMs: setup.limits.handshakeTimeoutMs,
      }),
      table,
      logger: setup.logger,
      onAdmitted: (connection, link) => this.#protect(connection, link),
    });
    this.#gossip = new BlockGossip({
      node,
      topic: blocksTopic(setup.chainId),
      isListening: setup.mode === "gossip" || setup.self === null,
      sha256: setup.crypto.sha256,
      logger: setup.logger,
      onBlock: (source, block) => this.#onGossip(source, block),
      onSilentLink: (peerId) =>
        this.#table.byPeerId(peerId.toString())?.connection?.abort(new Error("gossip is stuck")),
    });
  }

  async start(handler: TransportHandler): Promise<void> {
    assert(this.#handler === null, "a transport starts once");
    this.#handler = handler;
    this.#table.listen(handler.onPeerChange);
    const { limits, logger, crypto } = this.#setup;
    const options = { node: this.#node, greeter: this.#greeter, table: this.#table, handler, limits, logger, crypto };
    await serveProtocols(options);
    this.#node.addEventListener("connection:open", ({ detail }) => this.#greeter.opened(detail));
    this.#node.addEventListener("connection:close", ({ detail }) => this.#onClosed(detail));
    try {
      await this.#node.start();
    } catch (error) {
      throw new NetworkError("LISTEN_FAILED", listenFailure(error), { cause: error });
    }
    this.#gossip.start();
    supervise(this.#forgetStrangers(this.#lifetime.signal), (error) =>
      this.#setup.logger.error({ reason: reasonOf(error) }, "no longer forgetting peers that left"),
    );
    for (const peer of this.#setup.peers) this.#keepConnected(peer);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  pushBlocks(to: ValidatorIndex, blocks: readonly Uint8Array[]): boolean {
    assert(blocks.every(isBlockSized), "a block is within BLOCK_MAX_BYTES");
    // In mode "gossip" nothing is pushed: what gossip does not bring, peers pull.
    return this.#setup.mode === "direct" && this.#validator(to).blocks.push(blocks);
  }

  publishBlock(block: Uint8Array): void {
    assert(isBlockSized(block), "a block is within BLOCK_MAX_BYTES");
    if (!this.#lifetime.signal.aborted) this.#gossip.publish(block);
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
    return this.#validator(to).payload.push([encodeOffer(offer)]);
  }

  pushPayloadChunk(to: ValidatorIndex, chunk: PayloadChunk): boolean {
    return this.#validator(to).payload.push([encodeChunk(chunk)]);
  }

  async fetchPayload(
    from: ValidatorIndex | null,
    request: PayloadRequest,
    signal: AbortSignal,
  ): Promise<PayloadPortion> {
    const link = this.#askable(from);
    const response = await this.#fetch(link, encodePayloadRequest(request), signal);
    if (response.type === "empty")
      throw new NetworkError("RESPONSE_EMPTY", `${link.key} does not have ${request.root}`);
    if (response.type !== "payload") throw this.#invalidResponse(link, "payload was asked for");
    return response.portion;
  }

  async fetchChain(from: ValidatorIndex | null, request: ChainRequest, signal: AbortSignal): Promise<ChainAnswer> {
    const link = this.#askable(from);
    const response = await this.#fetch(link, encodeChainRequest(request), signal);
    if (response.type === "empty")
      throw new NetworkError("RESPONSE_EMPTY", `${link.key} has nothing for "${request.type}"`);
    if (response.type !== "chain") throw this.#invalidResponse(link, "the chain was asked about");
    const mismatch = answersChain(request, response.answer);
    if (mismatch !== undefined) throw this.#invalidResponse(link, mismatch);
    return response.answer;
  }

  penalise(remote: Remote, points: number, reason: string): void {
    this.#table.penalise(remote, points, reason);
  }

  peers(): readonly PeerStatus[] {
    return this.#table.statuses();
  }

  addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString());
  }

  #keepConnected(peer: PeerAddress): void {
    const selfIndex = this.#setup.self?.index ?? null;
    if (peer.index !== null && peer.index === selfIndex) return;
    const { limits, logger } = this.#setup;
    const options = { node: this.#node, greeter: this.#greeter, table: this.#table, limits, logger, selfIndex };
    supervise(keepConnected(peer, options, this.#lifetime.signal), (error) =>
      logger.error({ address: peer.multiaddr, reason: reasonOf(error) }, "no longer dialling"),
    );
  }

  #protect(connection: Connection, link: Link): void {
    if (link.remote.kind !== "validator") return;
    const tags = { "selvedge-validator": { value: 100 } };
    supervise(this.#node.peerStore.merge(connection.remotePeer, { tags }), () => undefined);
  }

  #onClosed(connection: Connection): void {
    this.#greeter.closed(connection);
    this.#table.released(connection);
    // The peer store has no bound of its own: strangers are forgotten as they leave.
    if (this.#table.byPeerId(connection.remotePeer.toString()) !== undefined) return;
    supervise(this.#node.peerStore.delete(connection.remotePeer), () => undefined);
  }

  /** What libp2p writes of a peer that has left already: protocols of its last streams, what it said of itself. */
  async #forgetStrangers(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(this.#setup.limits.forgetStrangersEveryMs, signal);
      if (signal.aborted) return;
      for (const { id } of await this.#node.peerStore.all()) {
        const isHere = this.#node.getConnections(id).length > 0 || this.#table.byPeerId(id.toString()) !== undefined;
        if (!isHere) await this.#node.peerStore.delete(id);
      }
    }
  }

  async #onGossip(source: PeerId, block: Uint8Array): Promise<boolean> {
    const link = this.#table.byPeerId(source.toString());
    if (link === undefined || this.#handler === null) return false;
    const penaltyBefore = this.#table.penaltyOf(link.remote);
    link.receivedBytes += block.length;
    await this.#handler.onBlocks(link.remote, [block]);
    return this.#table.penaltyOf(link.remote) <= penaltyBefore;
  }

  #fetch(link: Link, request: Uint8Array, signal: AbortSignal): Promise<WireResponse> {
    const combined = AbortSignal.any([signal, this.#lifetime.signal]);
    const response = fetchFrom(link, request, { limits: this.#setup.limits, signal: combined });
    return response.catch((error: unknown) => {
      const isInvalid = error instanceof NetworkError && error.code === "RESPONSE_INVALID";
      throw isInvalid ? this.#invalidResponse(link, error.message) : error;
    });
  }

  #invalidResponse(link: Link, detail: string): NetworkError {
    this.#table.penalise(link.remote, PENALTY_RESPONSE_INVALID, `RESPONSE_INVALID: ${detail}`);
    return new NetworkError("RESPONSE_INVALID", detail);
  }

  #validator(index: ValidatorIndex): Link {
    return mustExist(this.#table.validator(index), "pushes go to another validator of the committee");
  }

  /** The peer asked for, or any connected one, validators first. */
  #askable(from: ValidatorIndex | null): Link {
    if (from !== null) return this.#validator(from);
    const connected = this.#table.links().filter(({ isConnected }) => isConnected);
    const validators = connected.filter(({ remote }) => remote.kind === "validator");
    const candidates = validators.length > 0 ? validators : connected;
    const link = candidates[Math.floor(Math.random() * candidates.length)];
    if (link === undefined) throw new NetworkError("PEER_UNREACHABLE", "no peer is connected");
    return link;
  }

  async #stop(): Promise<void> {
    this.#lifetime.abort();
    this.#table.releaseAll();
    const deadline = new AbortController();
    const stopped = Promise.resolve(this.#node.stop()).finally(() => deadline.abort());
    supervise(stopped, (error) => this.#setup.logger.warn({ reason: reasonOf(error) }, "network stopped uncleanly"));
    await pause(this.#setup.limits.stopTimeoutMs, deadline.signal);
    for (const connection of this.#node.getConnections()) connection.abort(new Error("stopping"));
  }
}
