// One direction between two nodes of a memory hub: the same bounded queues as over libp2p, drained by a loop that awaits
// the other host. memory-transport.ts owns one per peer it has met.

import { assert } from "@selvedge/integrity";
import type { NetworkLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { RequestSlots } from "./request-slots.ts";
import { supervise } from "./supervise.ts";
import type { PeerStatus, Remote, TransportHandler } from "./transport.ts";
import { type DecodeUpdate, decodeBlocks, decodePayloadMessage, encodeBlocks } from "./wire.ts";

export interface MemoryLinkOptions {
  /** Until a connection says who we are to the other end. */
  readonly self: Remote;
  readonly remote: Remote;
  readonly limits: NetworkLimits;
  readonly frameBytes: number;
  readonly decodeUpdate: DecodeUpdate;
}

export class MemoryLink {
  readonly requests: RequestSlots;
  readonly #options: MemoryLinkOptions;
  readonly #blocks: Outbox;
  readonly #payload: Outbox;
  #sentBytes = 0;
  /** Present exactly while connected. */
  #connection: { readonly target: TransportHandler; readonly controller: AbortController } | null = null;
  #detachedAtMs: number = Date.now();
  #self: Remote;

  constructor(options: MemoryLinkOptions) {
    this.#options = options;
    this.#self = options.self;
    const { limits } = options;
    this.#blocks = new Outbox(limits.blockQueueBytesMax);
    this.#payload = new Outbox(limits.payloadQueueBytesMax);
    this.requests = new RequestSlots(limits.requestsPerPeerMax, limits.requestsWaitingMax);
  }

  get remote(): Remote {
    return this.#options.remote;
  }

  /** Who we are to the other end. */
  get self(): Remote {
    return this.#self;
  }

  get target(): TransportHandler | null {
    return this.#connection?.target ?? null;
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  connect(target: TransportHandler, self: Remote): void {
    this.disconnect();
    this.#self = self;
    const controller = new AbortController();
    this.#connection = { target, controller };
    const { decodeUpdate } = this.#options;
    this.#drain(this.#blocks, controller.signal, async (items) => {
      const blocks = decodeBlocks(encodeBlocks(items));
      assert(blocks.ok, "blocks of ours decode");
      await target.onBlocks(self, blocks.value);
    });
    this.#drain(this.#payload, controller.signal, async (items) => {
      for (const item of items) {
        const message = decodePayloadMessage(item, decodeUpdate);
        assert(message.ok, "payload messages of ours decode");
        if (message.value.type === "offer") await target.onPayloadOffer(self, message.value.offer);
        else await target.onPayloadChunk(self, message.value.chunk);
      }
    });
  }

  disconnect(): void {
    if (this.#connection === null) return;
    this.#connection.controller.abort();
    this.#connection = null;
    this.#detachedAtMs = Date.now();
  }

  pushBlocks(blocks: readonly Uint8Array[]): boolean {
    return this.#push(this.#blocks, blocks);
  }

  pushPayload(message: Uint8Array): boolean {
    return this.#push(this.#payload, [message]);
  }

  status(penalty: number): PeerStatus {
    return {
      remote: this.remote,
      address: "memory",
      isConnected: this.isConnected,
      queuedBytes: this.#blocks.queuedBytes + this.#payload.queuedBytes,
      sentBytes: this.#sentBytes,
      receivedBytes: 0,
      droppedCount: this.#blocks.droppedCount + this.#payload.droppedCount,
      penalty,
    };
  }

  #push(outbox: Outbox, items: readonly Uint8Array[]): boolean {
    const isAwayForLong = Date.now() - this.#detachedAtMs > this.#options.limits.queueRetentionMs;
    if (this.isConnected || !isAwayForLong) return outbox.offer(items);
    outbox.clear();
    return outbox.refuse(items.length);
  }

  #drain(outbox: Outbox, signal: AbortSignal, deliver: (items: readonly Uint8Array[]) => Promise<void>): void {
    const loop = async (): Promise<void> => {
      for (;;) {
        await outbox.whenFilled(signal);
        if (signal.aborted) return;
        const items = outbox.peek(this.#options.frameBytes);
        await deliver(items);
        if (signal.aborted) return;
        outbox.shift(items.length);
        this.#sentBytes += items.reduce((sum, item) => sum + item.length, 0);
      }
    };
    supervise(loop(), () => this.disconnect());
  }
}
