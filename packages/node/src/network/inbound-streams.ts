// Reads what peers push: frames of blocks and frames of payload, one at a time, each handed to the host and awaited
// before the next is read. A bad frame costs the peer its connection.

import type { Stream } from "@libp2p/interface";
import { type Rejection, assertNever } from "@selvedge/integrity";
import { FrameReader } from "./frame-stream.ts";
import {
  BLOCK_FRAME_MAX_BYTES,
  PAYLOAD_FRAME_MAX_BYTES,
  PENALTY_FRAME_MALFORMED,
  PENALTY_FRAME_OVERSIZE,
} from "./limits.ts";
import type { Link } from "./link.ts";
import type { TransportHandler } from "./transport.ts";
import { type DecodeUpdate, type PayloadMessage, decodeBlocks, decodePayloadMessage } from "./wire.ts";

export interface InboundOptions {
  readonly handler: TransportHandler;
  readonly decodeUpdate: DecodeUpdate;
  /** Scores the peer down and drops its connection. */
  readonly onMisbehaviour: (link: Link, points: number, reason: string) => void;
}

export class InboundStreams {
  readonly #options: InboundOptions;

  constructor(options: InboundOptions) {
    this.#options = options;
  }

  async readBlocks(stream: Stream, link: Link): Promise<void> {
    if (link.remote.kind !== "validator") {
      // No points: it may be one in another epoch than ours.
      link.connection?.abort(new Error("only validators push blocks"));
      return;
    }
    await this.#readFrames(stream, { link, frameBytesMax: BLOCK_FRAME_MAX_BYTES }, async (frame) => {
      const blocks = decodeBlocks(frame);
      if (!blocks.ok) return blocks.error;
      await this.#options.handler.onBlocks(link.remote, blocks.value);
      return null;
    });
  }

  async readPayload(stream: Stream, link: Link): Promise<void> {
    await this.#readFrames(stream, { link, frameBytesMax: PAYLOAD_FRAME_MAX_BYTES }, async (frame) => {
      const message = decodePayloadMessage(frame, this.#options.decodeUpdate);
      if (!message.ok) return message.error;
      await this.#onPayload(link, message.value);
      return null;
    });
  }

  #onPayload(link: Link, message: PayloadMessage): Promise<void> {
    switch (message.type) {
      case "offer":
        return this.#options.handler.onPayloadOffer(link.remote, message.offer);
      case "chunk":
        return this.#options.handler.onPayloadChunk(link.remote, message.chunk);
      default:
        return assertNever(message);
    }
  }

  async #readFrames(
    stream: Stream,
    { link, frameBytesMax }: { readonly link: Link; readonly frameBytesMax: number },
    onFrame: (frame: Uint8Array) => Promise<Rejection | null>,
  ): Promise<void> {
    const reader = new FrameReader(stream, frameBytesMax);
    let countedBytes = 0;
    for (;;) {
      const frame = await reader.next();
      link.receivedBytes += reader.receivedBytes - countedBytes;
      countedBytes = reader.receivedBytes;
      if (frame.ok && frame.value === null) return;
      const fault = frame.ok && frame.value !== null ? await onFrame(frame.value) : frame.ok ? null : frame.error;
      if (fault === null) continue;
      const points = fault.code === "FRAME_OVERSIZE" ? PENALTY_FRAME_OVERSIZE : PENALTY_FRAME_MALFORMED;
      this.#options.onMisbehaviour(link, points, `${fault.code}: ${fault.detail}`);
      return;
    }
  }
}
