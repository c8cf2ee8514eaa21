// Everything known about one peer that proved who it is: its connection, the two queues towards it, its counters. A
// validator's link outlives its connections; an observer's is made at the hello and dropped with the connection.

import type { Connection } from "@libp2p/interface";
import { framed } from "./frame-stream.ts";
import type { NetworkLimits } from "./limits.ts";
import { OutboundChannel } from "./outbound-channel.ts";
import { BLOCKS_PROTOCOL, PAYLOAD_PROTOCOL } from "./protocols.ts";
import { RequestSlots } from "./request-slots.ts";
import type { PeerStatus, Remote } from "./transport.ts";
import { encodeBlocks } from "./wire.ts";

export interface LinkOptions {
  readonly remote: Remote;
  readonly limits: NetworkLimits;
  readonly onTrouble: (connection: Connection, error: unknown) => void;
}

export class Link {
  readonly remote: Remote;
  readonly blocks: OutboundChannel;
  readonly payload: OutboundChannel;
  readonly requests: RequestSlots;
  receivedBytes = 0;
  /** Bytes of requests and responses, which pass no queue. */
  exchangedBytes = 0;
  /** The one connection in use; others of the same peer are closed. */
  #connection: Connection | null = null;
  #attachedAtMs = 0;
  #address = "";
  readonly #disconnectWaiters = new Set<() => void>();

  constructor({ remote, limits, onTrouble }: LinkOptions) {
    this.remote = remote;
    this.blocks = new OutboundChannel({
      protocol: BLOCKS_PROTOCOL,
      queueBytesMax: limits.blockQueueBytesMax,
      limits,
      encode: (items) => framed(encodeBlocks(items)),
      onTrouble,
    });
    this.payload = new OutboundChannel({
      protocol: PAYLOAD_PROTOCOL,
      queueBytesMax: limits.payloadQueueBytesMax,
      limits,
      encode: framedEach,
      onTrouble,
    });
    this.requests = new RequestSlots(limits.requestsPerPeerMax, limits.requestsWaitingMax);
  }

  get key(): string {
    return keyOf(this.remote);
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  get attachedAtMs(): number {
    return this.#attachedAtMs;
  }

  /** A validator that has not come yet is treated like one that has just left: what is pushed waits for a while. */
  startRetention(): void {
    this.blocks.startRetention();
    this.payload.startRetention();
  }

  attach(connection: Connection): void {
    this.#connection = connection;
    this.#attachedAtMs = Date.now();
    this.#address = connection.remoteAddr.toString();
    this.blocks.attach(connection);
    this.payload.attach(connection);
  }

  detach(): void {
    this.#connection = null;
    this.blocks.detach();
    this.payload.detach();
    for (const wake of this.#disconnectWaiters) wake();
    this.#disconnectWaiters.clear();
  }

  /** Resolves once the peer is not connected, or when `signal` aborts. */
  whenDisconnected(signal: AbortSignal): Promise<void> {
    if (!this.isConnected || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#disconnectWaiters.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      this.#disconnectWaiters.add(finish);
      signal.addEventListener("abort", finish);
    });
  }

  status(penalty: number): PeerStatus {
    return {
      remote: this.remote,
      address: this.#address,
      isConnected: this.isConnected,
      queuedBytes: this.blocks.queuedBytes + this.payload.queuedBytes,
      sentBytes: this.blocks.sentBytes + this.payload.sentBytes + this.exchangedBytes,
      receivedBytes: this.receivedBytes,
      droppedCount: this.blocks.droppedCount + this.payload.droppedCount,
      penalty,
    };
  }
}

/** The name under which a peer is scored and found: a validator's survives a change of network key. */
export function keyOf(remote: Remote): string {
  return remote.kind === "validator" ? `validator/${remote.index}` : `observer/${remote.id}`;
}

function framedEach(items: readonly Uint8Array[]): Uint8Array {
  const frames = items.map(framed);
  const whole = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let offset = 0;
  for (const frame of frames) {
    whole.set(frame, offset);
    offset += frame.length;
  }
  return whole;
}
