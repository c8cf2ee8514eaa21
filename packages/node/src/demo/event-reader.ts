// Reads a validator's event feed over HTTP until told to stop, and comes back where it was cut off: a killed validator
// is away for a while. What it reads is JSON of our own processes, checked for its shape all the same.

import { setTimeout as delay } from "node:timers/promises";

export interface FeedEvent {
  readonly topic: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventReaderOptions {
  /** Where the feed is now, or undefined while the validator is away. */
  readonly apiUrl: () => string | undefined;
  readonly topics: readonly string[];
  readonly onEvent: (event: FeedEvent) => void;
  readonly onConnection: (isConnected: boolean) => void;
  readonly signal: AbortSignal;
}

const RETRY_MS = 200;

export async function readEvents(options: EventReaderOptions): Promise<void> {
  const { signal } = options;
  const cursor: Cursor = { url: undefined, lastId: undefined };
  while (!signal.aborted) {
    const url = options.apiUrl();
    if (url !== undefined) await readOnce(url, cursor, options).catch(() => undefined);
    options.onConnection(false);
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Ids belong to one life of a process: at another address they start anew. */
interface Cursor {
  url: string | undefined;
  lastId: string | undefined;
}

async function readOnce(
  url: string,
  cursor: Cursor,
  { topics, onEvent, onConnection, signal }: EventReaderOptions,
): Promise<void> {
  if (cursor.url !== url) {
    cursor.url = url;
    cursor.lastId = "0";
  }
  const headers = cursor.lastId === undefined ? {} : { "last-event-id": cursor.lastId };
  const response = await fetch(`${url}/v1/events?topics=${topics.join(",")}`, { headers, signal });
  if (!response.ok || response.body === null) return;
  onConnection(true);
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = parseEvent(text.slice(0, end), cursor);
      text = text.slice(end + 2);
      if (event !== undefined) onEvent(event);
    }
  }
}

function parseEvent(block: string, cursor: Cursor): FeedEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  cursor.lastId = fields.get("id") ?? cursor.lastId;
  const topic = fields.get("event");
  const data = fields.get("data");
  if (topic === undefined || data === undefined) return undefined;
  const parsed: unknown = JSON.parse(data);
  return isRecord(parsed) ? { topic, data: parsed } : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
