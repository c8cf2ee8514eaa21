// Reads a node's event feed (Server-Sent Events) and hands on each event with the time of its arrival.

import { trustedJson } from "./json.ts";

export interface FeedEvent {
  readonly topic: string;
  readonly data: Readonly<Record<string, string | number | null>>;
  /** Of performance.now(). */
  readonly atMs: number;
}

/** Reads until the signal aborts; rejects if the feed ends before. */
export async function readEvents(
  apiUrl: string,
  onEvent: (event: FeedEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`${apiUrl}/v1/events?topics=update,version`, { signal });
  if (!response.ok || response.body === null) throw new Error(`the event feed answers HTTP ${response.status}`);
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const atMs = performance.now();
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) deliver(part, atMs, onEvent);
  }
  throw new Error("the event feed ended");
}

function deliver(part: string, atMs: number, onEvent: (event: FeedEvent) => void): void {
  const fields = new Map(
    part.split("\n").map((line): [string, string] => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const topic = fields.get("event");
  if (topic !== undefined) onEvent({ topic, data: trustedJson<FeedEvent["data"]>(fields.get("data") ?? "{}"), atMs });
}
