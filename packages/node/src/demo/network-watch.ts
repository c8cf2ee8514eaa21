// The orchestrator's eyes on the validators: their event feeds, and which versions have closed when.

import { setTimeout as delay } from "node:timers/promises";
import type { Devnet, DevnetNode } from "../devnet/devnet.ts";
import { type FeedEvent, readEvents } from "./event-reader.ts";
import type { Tally } from "./tally.ts";

export interface ClosedVersion {
  readonly version: number;
  readonly commitIndex: number;
  /** On the clock of performance.now. */
  readonly closedAtMs: number;
}

const TOPICS = ["commit", "update", "version"];

export class NetworkWatch {
  readonly #devnet: Devnet;
  readonly #tally: Tally;
  /** First report of each version, whoever made it. */
  readonly #closed = new Map<number, ClosedVersion>();
  /** Validators whose feed is being read. */
  readonly #connected = new Set<DevnetNode>();
  #version = Promise.withResolvers<void>();

  constructor(devnet: Devnet, tally: Tally) {
    this.#devnet = devnet;
    this.#tally = tally;
  }

  /** Reads until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#devnet.nodes.map((node) =>
        readEvents({
          apiUrl: () => (node.pid() === undefined ? undefined : node.apiUrl),
          topics: TOPICS,
          onEvent: (event) => this.#onEvent(event),
          onConnection: (isConnected) => {
            if (isConnected) this.#connected.add(node);
            else this.#connected.delete(node);
          },
          signal,
        }),
      ),
    );
  }

  get validatorsUp(): number {
    return this.#connected.size;
  }

  /** Resolves once the version has closed, or with undefined after the time given. */
  async closed(version: number, maxMs: number): Promise<ClosedVersion | undefined> {
    const deadline = performance.now() + maxMs;
    while (!this.#closed.has(version)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return undefined;
      await this.#nextVersion(leftMs);
    }
    return this.#closed.get(version);
  }

  async #nextVersion(maxMs: number): Promise<void> {
    const late = new AbortController();
    const pause = Number.isFinite(maxMs)
      ? delay(maxMs, undefined, { signal: late.signal })
      : new Promise<void>(() => undefined);
    pause.catch(() => undefined);
    await Promise.race([this.#version.promise, pause]);
    late.abort();
  }

  #onEvent(event: FeedEvent): void {
    this.#tally.onEvent(event);
    const { version, commitIndex } = event.data;
    if (event.topic !== "version" || typeof version !== "number" || typeof commitIndex !== "number") return;
    if (!this.#closed.has(version)) this.#closed.set(version, { version, commitIndex, closedAtMs: performance.now() });
    this.#version.resolve();
    this.#version = Promise.withResolvers<void>();
  }
}

/** Index of the last commit that a validator has executed; undefined while it does not answer. */
export async function executedIndex({ apiUrl }: DevnetNode): Promise<number | undefined> {
  try {
    const response = await fetch(`${apiUrl}/v1/status`, { signal: AbortSignal.timeout(5000) });
    const status: unknown = await response.json();
    if (typeof status !== "object" || status === null || !("executedIndex" in status)) return undefined;
    return typeof status.executedIndex === "number" ? status.executedIndex : undefined;
  } catch {
    // Down, or too busy to answer: the caller asks again until its deadline.
    return undefined;
  }
}
