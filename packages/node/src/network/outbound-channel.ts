// One direction of one protocol to one peer: a bounded queue and the loop that writes it to a long-lived stream while
// there is a connection. link.ts owns two of them per peer, one for blocks and one for payload.

import type { Connection, Stream } from "@libp2p/interface";
import { writeBytes } from "./frame-stream.ts";
import { FRAME_TARGET_BYTES, type NetworkLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { supervise } from "./supervise.ts";

export interface ChannelOptions {
  readonly protocol: string;
  readonly queueBytesMax: number;
  readonly limits: NetworkLimits;
  /** What goes on the wire for these items: whole frames, lengths included. */
  readonly encode: (items: readonly Uint8Array[]) => Uint8Array;
  /** The stream could not be opened or written while the connection lived: the owner drops the connection. */
  readonly onTrouble: (connection: Connection, error: unknown) => void;
}

export class OutboundChannel {
  readonly #options: ChannelOptions;
  readonly #outbox: Outbox;
  /** Present exactly while attached to a connection. */
  #attached: AbortController | null = null;
  #detachedAtMs = 0;
  #sentBytes = 0;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.queueBytesMax);
  }

  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  get droppedCount(): number {
    return this.#outbox.droppedCount;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** False if the queue is full, or if the peer has been away for so long that it will pull anyway. */
  push(items: readonly Uint8Array[]): boolean {
    if (this.#attached !== null || Date.now() - this.#detachedAtMs <= this.#options.limits.queueRetentionMs) {
      return this.#outbox.offer(items);
    }
    this.#outbox.clear();
    return this.#outbox.refuse(items.length);
  }

  /** Pushes before the first connection count as pushes to a peer that has just left. */
  startRetention(): void {
    this.#detachedAtMs = Date.now();
  }

  attach(connection: Connection): void {
    this.detach();
    const controller = new AbortController();
    this.#attached = controller;
    supervise(this.#drain(connection, controller.signal), (error) => {
      if (!controller.signal.aborted) this.#options.onTrouble(connection, error);
    });
  }

  detach(): void {
    if (this.#attached === null) return;
    this.#attached.abort();
    this.#attached = null;
    this.#detachedAtMs = Date.now();
  }

  async #drain(connection: Connection, signal: AbortSignal): Promise<void> {
    // The stream is opened with the first item: an idle observer costs none.
    await this.#outbox.whenFilled(signal);
    if (signal.aborted) return;
    const { protocol, limits } = this.#options;
    const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(limits.handshakeTimeoutMs) });
    const onAbort = (): void => closeQuietly(stream);
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) await this.#writeSome(stream, signal);
    } finally {
      signal.removeEventListener("abort", onAbort);
      closeQuietly(stream);
    }
  }

  /** Items leave the queue only when the stream took them: what a broken connection swallowed is sent again. */
  async #writeSome(stream: Stream, signal: AbortSignal): Promise<void> {
    await this.#outbox.whenFilled(signal);
    if (signal.aborted) return;
    const items = this.#outbox.peek(FRAME_TARGET_BYTES);
    const bytes = this.#options.encode(items);
    await writeBytes(stream, bytes, this.#options.limits.writeStallTimeoutMs);
    if (signal.aborted) return;
    this.#outbox.shift(items.length);
    this.#sentBytes += bytes.length;
  }
}

function closeQuietly(stream: Stream): void {
  if (stream.status === "open") stream.abort(new Error("the channel is closed"));
}
