// The node's event feed: a bounded ring of the newest events and whoever listens. A listener that throws is a bug of
// ours and is not caught; a slow reader is the HTTP route's concern, which bounds what it buffers.

import type { EventFeed, NodeEvent } from "./services.ts";

/** Newest events kept for readers that resume. */
export const EVENTS_KEPT_MAX = 4096;

export class EventRing implements EventFeed {
  /** The event with number `id` is at `id % EVENTS_KEPT_MAX`. */
  readonly #kept: NodeEvent[] = [];
  #lastId = 0;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  publish(topic: NodeEvent["topic"], data: NodeEvent["data"]): void {
    this.#lastId += 1;
    const event = { id: this.#lastId, timeMs: this.#nowMs(), topic, data };
    this.#kept[this.#lastId % EVENTS_KEPT_MAX] = event;
    for (const listener of this.#listeners) listener(event);
  }

  readonly subscribe = (afterId: number | undefined, listener: (event: NodeEvent) => void): (() => void) => {
    const from = afterId ?? this.#lastId;
    const last = this.#lastId;
    for (let id = Math.max(from, last - EVENTS_KEPT_MAX) + 1; id <= last; id += 1) {
      const event = this.#kept[id % EVENTS_KEPT_MAX];
      if (event?.id === id) listener(event);
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly lastId = (): number => this.#lastId;
}
