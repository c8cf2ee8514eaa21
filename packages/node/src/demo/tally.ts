// Counts what the validators report: updates certified and refused with their reasons, and the latencies since the last
// version. Several validators report the same update; it is counted once.

import { lowerMedian } from "@selvedge/ledger";
import type { FeedEvent } from "./event-reader.ts";

export interface Latencies {
  readonly commitP50Ms: number | null;
  readonly receiptP50Ms: number | null;
}

export class Tally {
  /** Update digests. */
  readonly #certified = new Set<string>();
  /** Update digest to reason. */
  readonly #refused = new Map<string, string>();
  #commitMs: number[] = [];
  #receiptMs: number[] = [];
  #allCommitMs: number[] = [];
  #allReceiptMs: number[] = [];

  get certifiedCount(): number {
    return this.#certified.size;
  }

  isCertified(update: string): boolean {
    return this.#certified.has(update);
  }

  /** By reason, most frequent first. */
  get refusedByReason(): Readonly<Record<string, number>> {
    const counts = new Map<string, number>();
    for (const code of this.#refused.values()) counts.set(code, (counts.get(code) ?? 0) + 1);
    return Object.fromEntries([...counts].sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1)));
  }

  onEvent({ topic, data }: FeedEvent): void {
    if (topic === "commit") this.#onLatency(data["ownLatencyMs"], this.#commitMs, this.#allCommitMs);
    if (topic !== "update") return;
    const update = String(data["update"]);
    if (data["state"] === "certified") this.#certified.add(update);
    if (data["state"] === "receipt") this.#onLatency(data["latencyMs"], this.#receiptMs, this.#allReceiptMs);
    if (data["state"] === "refused") this.onRefused(update, String(data["code"]));
    if (data["state"] === "expired") this.onRefused(update, "UPDATE_EXPIRED");
  }

  onRefused(update: string, code: string): void {
    this.#refused.set(update, code);
  }

  /** Medians since the last call. */
  takeLatencies(): Latencies {
    const latencies = { commitP50Ms: median(this.#commitMs), receiptP50Ms: median(this.#receiptMs) };
    this.#commitMs = [];
    this.#receiptMs = [];
    return latencies;
  }

  /** Forgets the latencies of a network that has been idle and has slowed down. */
  forgetLatencies(): void {
    this.#commitMs = [];
    this.#receiptMs = [];
    this.#allCommitMs = [];
    this.#allReceiptMs = [];
  }

  /** Medians since they were forgotten last. */
  get latencies(): Latencies {
    return { commitP50Ms: median(this.#allCommitMs), receiptP50Ms: median(this.#allReceiptMs) };
  }

  #onLatency(value: unknown, interval: number[], all: number[]): void {
    if (typeof value !== "number") return;
    interval.push(value);
    all.push(value);
  }
}

function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : lowerMedian(values);
}
