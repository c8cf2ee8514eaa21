// Their requests: one frame in, one frame out, so many at a time over all validators, over all others, and per connection.
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
  readonly #validatorPlaces: Places;
  readonly #observerPlaces: Places;
  readonly #budget: ServingBudget;

  constructor(options: FetchServerOptions) {
    this.#options = options;
    this.#validatorPlaces = new Places(options.limits.servingMax);
    this.#observerPlaces = new Places(options.limits.servingObserversMax);
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
      // One request a stream. What else is sent on it would lie in memory until the answer is read, in as many pieces as it
      // came in.
      await stream.closeRead();
      const request = frame.ok ? decodeRequest(frame.value ?? new Uint8Array(0)) : frame;
      if (!request.ok) {
        this.#options.onMisbehaviour(link, PENALTY_FRAME_MALFORMED, `${request.error.code}: ${request.error.detail}`);
        return;
      }
      await this.#respond(request.value, stream, link);
    } finally {
      clearTimeout(timer);
      if (stream.status === "open" && stream.writeStatus !== "closed") stream.abort(new Error("not answered"));
    }
  }

  async #respond(request: WireRequest, stream: Stream, link: Link): Promise<void> {
    const isObserver = link.remote.kind === "observer";
    const places = isObserver ? this.#observerPlaces : this.#validatorPlaces;
    const place = this.#budget.mayAsk(link.key) ? places.take() : undefined;
    if (place === undefined) return this.#write({ request, response: { type: "busy" } }, stream, link);
    try {
      const response = await answerRequest(request, { from: link.remote, handler: this.#options.handler });
      // A few validators that do not read must not keep the others out; how many there are, the committee says.
      if (!isObserver) place.leave();
      await this.#write({ request, response }, stream, link);
    } finally {
      place.leave();
    }
  }

  async #write({ request, response }: Exchange, stream: Stream, link: Link): Promise<void> {
    const { requestTimeoutMs } = this.#options.limits;
    const bytes = encodeResponse(response);
    this.#budget.charge(link.key, costOf(request, bytes.length));
    const answer = framed(bytes);
    await writeBytes(stream, answer, requestTimeoutMs);
    link.exchangedBytes += answer.length;
    await stream.close({ signal: AbortSignal.timeout(requestTimeoutMs) });
  }
}

interface Exchange {
  readonly request: WireRequest;
  readonly response: WireResponse;
}

/** So many requests at a time. */
class Places {
  readonly #max: number;
  #takenCount = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Undefined if all are taken; leaving twice is leaving once. */
  take(): { readonly leave: () => void } | undefined {
    if (this.#takenCount >= this.#max) return undefined;
    this.#takenCount += 1;
    let isTaken = true;
    return {
      leave: () => {
        if (isTaken) this.#takenCount -= 1;
        isTaken = false;
      },
    };
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
