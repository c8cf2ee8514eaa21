// Network cards. Each node has one egress queue that all its links share (a large message holds up whatever is sent behind it,
// to whomever) and one ingress queue that all its senders share. A queue is one number: when the bytes accepted so far will
// have gone out at the configured rate. A token bucket lets a burst of bytes go ahead of that.

import { MICROS_PER_MS, type Micros } from "../kernel/time.ts";

const MICROS_PER_SECOND = 1000 * MICROS_PER_MS;
const BITS_PER_BYTE = 8;
const BITS_PER_MEGABIT = 1_000_000;

/** Microseconds a byte takes; 0 for an unlimited rate. */
export function microsPerByte(mbps: number): number {
  return Number.isFinite(mbps) ? (MICROS_PER_SECOND * BITS_PER_BYTE) / (mbps * BITS_PER_MEGABIT) : 0;
}

/** One message at a card. Models fill one and the same object again and again. */
export interface CardRequest {
  readonly node: number;
  readonly sizeBytes: number;
  readonly nowUs: Micros;
  /** Of the configured rate, for this message. */
  readonly bandwidthFactor: number;
}

export interface CardQueues {
  readonly isLimited: (node: number) => boolean;
  /** When the last byte is through, not rounded; -1: it did not fit into the buffer. */
  readonly pass: (request: CardRequest) => number;
}

export interface RateQueueOptions {
  /** By node. */
  readonly microsPerByte: Float64Array;
  readonly bufferBytes: number;
  readonly burstBytes: number;
}

/** Egress or ingress cards with a rate. */
export class RateQueues implements CardQueues {
  readonly #microsPerByte: Float64Array;
  readonly #bufferBytes: number;
  readonly #burstBytes: number;
  /** By node: when everything accepted would have gone at the plain rate. */
  readonly #doneUs: Float64Array;

  constructor(options: RateQueueOptions) {
    this.#microsPerByte = options.microsPerByte;
    this.#bufferBytes = options.bufferBytes;
    this.#burstBytes = options.burstBytes;
    this.#doneUs = new Float64Array(options.microsPerByte.length);
  }

  isLimited(node: number): boolean {
    return (this.#microsPerByte[node] ?? 0) > 0;
  }

  pass({ node, sizeBytes, nowUs, bandwidthFactor }: CardRequest): number {
    const perByte = this.#microsPerByte[node] ?? 0;
    if (perByte === 0) return nowUs;
    const burstUs = this.#burstBytes * perByte;
    const start = Math.max(this.#doneUs[node] ?? 0, nowUs);
    const waitingBytes = Math.max(0, start - burstUs - nowUs) / perByte;
    if (waitingBytes + sizeBytes > this.#bufferBytes) return -1;
    const done = start + (sizeBytes * perByte) / bandwidthFactor;
    this.#doneUs[node] = done;
    return Math.max(nowUs, done - burstUs);
  }
}
