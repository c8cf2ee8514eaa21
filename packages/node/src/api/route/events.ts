// The event feed as Server-Sent Events. A reader that comes back with Last-Event-ID gets what it missed as far as the node
// still keeps it, and a "gap" event that says so where it does not. A reader that does not keep up is disconnected.

import { type Result, err, ok } from "@selvedge/integrity";
import { Type } from "typebox";
import type { NodeEvent } from "../../daemon/services.ts";
import { type Refusal, badRequest, unavailable } from "../problem.ts";
import { type Answer, type Exchange, type Route } from "../route.ts";
import { parseCount } from "../values.ts";

const TOPICS: ReadonlySet<string> = new Set<NodeEvent["topic"]>(["commit", "update", "version", "checkpoint", "fault"]);
const EVENTS_TYPE = "text/event-stream";
const TEXT = new TextEncoder();

const QUERY = Type.Object({ topics: Type.Optional(Type.String({ maxLength: 256 })) }, { additionalProperties: false });

/** A route of its own for each server, since it counts that server's readers. */
export function eventRoute(): Route {
  let readers = 0;
  return {
    method: "GET",
    path: "/v1/events",
    summary: "What happens, as it happens; resumes after Last-Event-ID",
    query: QUERY,
    produces: [EVENTS_TYPE],
    handle: async (exchange) => {
      const wish = parseWish(exchange);
      if (!wish.ok) return wish.error;
      if (readers >= exchange.context.limits.eventReadersMax)
        return unavailable("EVENT_READERS_FULL", "too many readers");
      readers += 1;
      return openFeed(exchange, { ...wish.value, onClose: () => (readers -= 1) });
    },
  };
}

interface Wish {
  readonly topics: ReadonlySet<string>;
  readonly afterId: number | undefined;
}

function parseWish({ query, request }: Exchange): Result<Wish, Refusal> {
  if (request.method === "HEAD") {
    return err({
      status: 405,
      code: "METHOD_NOT_ALLOWED",
      detail: "a feed has no end to a HEAD",
      retryable: false,
      headers: { allow: "GET" },
    });
  }
  const topics = query["topics"] === undefined ? [...TOPICS] : query["topics"].split(",");
  const unknown = topics.find((topic) => !TOPICS.has(topic));
  if (unknown !== undefined) return err(badRequest("QUERY_INVALID", `topics are ${[...TOPICS].join(", ")}`));
  const header = request.headers.get("last-event-id");
  if (header === null) return ok({ topics: new Set(topics), afterId: undefined });
  const afterId = parseCount(header, "Last-Event-ID");
  return afterId.ok ? ok({ topics: new Set(topics), afterId: afterId.value }) : afterId;
}

interface FeedSetup extends Wish {
  readonly onClose: () => void;
}

function openFeed(exchange: Exchange, setup: FeedSetup): Answer {
  const { context, signal } = exchange;
  const feed = new FeedWriter(exchange, setup);
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => feed.open(controller, signal),
      cancel: () => feed.close(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: context.limits.eventBufferBytesMax }),
  );
  return new Response(body, {
    headers: { "content-type": EVENTS_TYPE, "cache-control": "no-store", "x-accel-buffering": "no" },
  });
}

class FeedWriter {
  readonly #exchange: Exchange;
  readonly #setup: FeedSetup;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #isClosed = false;
  /** Id that the next event has unless some were forgotten. */
  #expectedId: number | undefined;

  constructor(exchange: Exchange, setup: FeedSetup) {
    this.#exchange = exchange;
    this.#setup = setup;
  }

  open(controller: ReadableStreamDefaultController<Uint8Array>, signal: AbortSignal): void {
    this.#controller = controller;
    const { events } = this.#exchange.context.services;
    const afterId = this.#resumeAfter();
    if (afterId !== undefined) this.#expectedId = afterId + 1;
    // A comment first: the client sees its headers at once.
    this.#write(`: from ${afterId ?? events.lastId()}\n\n`);
    const unsubscribe = events.subscribe(afterId, (event) => this.#onEvent(event));
    this.#unsubscribe = unsubscribe;
    if (this.#isClosed) unsubscribe();
    else this.#heartbeat = setInterval(() => this.#write(":\n\n"), this.#exchange.context.limits.eventHeartbeatMs);
    signal.addEventListener("abort", () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    this.#unsubscribe?.();
    this.#setup.onClose();
  }

  /** Ids start anew with the process: one from before is beyond all of ours, and everything is new to that reader. */
  #resumeAfter(): number | undefined {
    const { afterId } = this.#setup;
    if (afterId === undefined) return undefined;
    return afterId > this.#exchange.context.services.events.lastId() ? 0 : afterId;
  }

  #onEvent(event: NodeEvent): void {
    if (this.#expectedId !== undefined && event.id > this.#expectedId) {
      this.#write(`event: gap\ndata: ${JSON.stringify({ from: this.#expectedId, to: event.id - 1 })}\n\n`);
    }
    this.#expectedId = event.id + 1;
    if (!this.#setup.topics.has(event.topic)) return;
    const data = JSON.stringify({ timeMs: event.timeMs, ...event.data });
    this.#write(`id: ${event.id}\nevent: ${event.topic}\ndata: ${data}\n\n`);
  }

  #write(text: string): void {
    if (this.#isClosed || this.#controller === undefined) return;
    this.#controller.enqueue(TEXT.encode(text));
    if ((this.#controller.desiredSize ?? 0) > 0) return;
    this.close();
    // Not an orderly end: the client must know that it has to resume.
    this.#exchange.abort();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.close();
    this.#controller?.close();
  }
}
