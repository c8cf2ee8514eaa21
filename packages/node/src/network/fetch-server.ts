// Their requests: one frame in, one frame out, at most `servingMax` at a time over all peers and a few per connection.
// Whatever the host hands over is cut to the bounds of an answer here, so that the host cannot break them.

import type { Stream } from "@libp2p/interface";
import { assertNever } from "@selvedge/integrity";
import { framed, FrameReader, writeBytes } from "./frame-stream.ts";
import {
  BLOCKS_PER_RESPONSE_MAX,
  CHUNKS_PER_PAYLOAD_MAX,
  COMMITS_PER_RESPONSE_MAX,
  EPOCHS_PER_RESPONSE_MAX,
  type NetworkLimits,
  PENALTY_FRAME_MALFORMED,
  REQUEST_FRAME_MAX_BYTES,
  RESPONSE_MAX_BYTES,
  STATE_PORTION_MAX_BYTES,
} from "./limits.ts";
import type { Link } from "./link.ts";
import { ServingBudget, costOf } from "./serving-budget.ts";
import type { ChainAnswer, Remote, TransportHandler } from "./transport.ts";
import { type WireRequest, type WireResponse, decodeRequest, encodeResponse } from "./wire.ts";

export interface FetchServerOptions {
  readonly limits: NetworkLimits;
  readonly handler: TransportHandler;
  readonly onMisbehaviour: (link: Link, points: number, reason: string) => void;
}

export class FetchServer {
  readonly #options: FetchServerOptions;
  /** Requests being served, over all peers. */
  #servingCount = 0;

  readonly #budget: ServingBudget;

  constructor(options: FetchServerOptions) {
    this.#options = options;
    const { servingBytesPerSecond: bytesPerSecond, servingBurstBytes: burstBytes } = options.limits;
    this.#budget = new ServingBudget({ bytesPerSecond, burstBytes, now: Date.now });
  }

  async serve(stream: Stream, link: Link): Promise<void> {
    const { limits } = this.#options;
    const timer = setTimeout(() => stream.abort(new Error("the request took too long")), limits.requestTimeoutMs);
    try {
      const reader = new FrameReader(stream, REQUEST_FRAME_MAX_BYTES);
      const frame = await reader.next();
      link.receivedBytes += reader.receivedBytes;
      if (frame.ok && frame.value === null) return;
      const request = frame.ok ? decodeRequest(frame.value ?? new Uint8Array(0)) : frame;
      if (!request.ok) {
        this.#options.onMisbehaviour(link, PENALTY_FRAME_MALFORMED, `${request.error.code}: ${request.error.detail}`);
        return;
      }
      const response = encodeResponse(await this.#answer(request.value, link));
      this.#budget.charge(link.key, costOf(request.value, response.length));
      const answer = framed(response);
      await writeBytes(stream, answer, limits.requestTimeoutMs);
      link.exchangedBytes += answer.length;
      await stream.close({ signal: AbortSignal.timeout(limits.requestTimeoutMs) });
    } finally {
      clearTimeout(timer);
      if (stream.status === "open" && stream.writeStatus !== "closed") stream.abort(new Error("not answered"));
    }
  }

  async #answer(request: WireRequest, { remote: from, key }: Link): Promise<WireResponse> {
    const isFull = this.#servingCount >= this.#options.limits.servingMax;
    if (isFull || !this.#budget.mayAsk(key)) return { type: "busy" };
    this.#servingCount += 1;
    try {
      return await answerRequest(request, { from, handler: this.#options.handler });
    } finally {
      this.#servingCount -= 1;
    }
  }
}

/** Who asks whom. */
export interface Asked {
  readonly from: Remote;
  readonly handler: TransportHandler;
}

/** Shared with memory-transport.ts: what a request is answered with, within the bounds. */
export async function answerRequest(request: WireRequest, { from, handler }: Asked): Promise<WireResponse> {
  switch (request.type) {
    case "blocks": {
      const blocks = await handler.serveBlocks(request.request);
      return { type: "blocks", blocks: fitting(blocks, BLOCKS_PER_RESPONSE_MAX, (block) => block.length) };
    }
    case "payload": {
      const portion = await handler.servePayload(request.request);
      if (portion === undefined) return { type: "empty" };
      const chunkHashes = portion.chunkHashes.slice(0, CHUNKS_PER_PAYLOAD_MAX);
      const chunks = fitting(portion.chunks, CHUNKS_PER_PAYLOAD_MAX, ({ bytes }) => bytes.length);
      return { type: "payload", portion: { chunkHashes, chunks } };
    }
    case "chain": {
      const answer = await handler.serveChain(from, request.request);
      return answer === undefined ? { type: "empty" } : { type: "chain", answer: bounded(answer) };
    }
    default:
      return assertNever(request);
  }
}

/** The lists of an answer about the chain, cut to what one frame holds; the rest is within the bounds by its content. */
function bounded(answer: ChainAnswer): ChainAnswer {
  switch (answer.type) {
    case "commits":
      return { type: "commits", commits: fitting(answer.commits, COMMITS_PER_RESPONSE_MAX, ({ length }) => length) };
    case "epochs":
      return { type: "epochs", records: fitting(answer.records, EPOCHS_PER_RESPONSE_MAX, ({ length }) => length) };
    case "state":
      return { ...answer, bytes: answer.bytes.subarray(0, STATE_PORTION_MAX_BYTES) };
    case "checkpoint":
    case "newestBlockOf":
      return answer;
    default:
      return assertNever(answer);
  }
}

/** The longest beginning that fits into one answer. */
function fitting<Item>(items: readonly Item[], countMax: number, sizeOf: (item: Item) => number): readonly Item[] {
  let sizeBytes = 0;
  let count = 0;
  for (const item of items) {
    sizeBytes += sizeOf(item);
    if (count === countMax || sizeBytes > RESPONSE_MAX_BYTES) break;
    count += 1;
  }
  return items.slice(0, count);
}
