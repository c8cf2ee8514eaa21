// Replay of a link's capacity in the mahimahi format: each entry is a millisecond at which one packet of 1500 bytes may leave;
// the trace starts anew at its last entry. What an opportunity has left over goes to the next bytes in the queue; what
// nobody uses is lost. One trace, any number of senders, each with a place of its own in it.

import { MICROS_PER_MS, type Micros } from "../kernel/time.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import type { CardQueues, CardRequest } from "./nic.ts";

const TRACE_PACKET_BYTES = 1500;

/** The numbers of a mahimahi file: one a line, ascending. */
export function parseTrace(text: string): readonly number[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "")
    .map((line, index) => {
      if (!/^\d+$/u.test(line))
        throw new SimInputError(
          "SIM_SCENARIO_INVALID",
          `trace: entry ${index + 1} is not a whole number of milliseconds`,
        );
      return Number(line);
    });
}

export class TraceQueues implements CardQueues {
  readonly #timesMs: Float64Array;
  readonly #periodMs: number;
  readonly #bufferBytes: number;
  /** By sender: the opportunity it is at, counted through all repetitions, and the bytes left in it. */
  readonly #places: Float64Array;
  readonly #leftBytes: Float64Array;

  constructor(size: number, traceMs: readonly number[], bufferBytes: number) {
    const period = traceMs.at(-1) ?? 0;
    if (period <= 0) throw new SimInputError("SIM_SCENARIO_INVALID", "network.bandwidth.traceMs must end after 0");
    if (traceMs.some((time, index) => index > 0 && time < (traceMs[index - 1] ?? 0)))
      throw new SimInputError("SIM_SCENARIO_INVALID", "network.bandwidth.traceMs must ascend");
    this.#timesMs = Float64Array.from(traceMs);
    this.#periodMs = period;
    this.#bufferBytes = bufferBytes;
    this.#places = new Float64Array(size).fill(-1);
    this.#leftBytes = new Float64Array(size);
  }

  isLimited(): boolean {
    return true;
  }

  /** With a factor, the message takes up as much more of the trace. */
  pass({ node, sizeBytes, nowUs, bandwidthFactor }: CardRequest): number {
    const first = this.#firstFrom(nowUs);
    const place = this.#places[node] ?? -1;
    const isIdle = place < first;
    const start = isIdle ? first : place;
    const leftBytes = isIdle ? TRACE_PACKET_BYTES : (this.#leftBytes[node] ?? 0);
    const waitingBytes = isIdle ? 0 : (start - first + 1) * TRACE_PACKET_BYTES - leftBytes;
    if (waitingBytes + sizeBytes > this.#bufferBytes) return -1;
    const beyondBytes = sizeBytes / bandwidthFactor - leftBytes;
    const steps = Math.max(0, Math.ceil(beyondBytes / TRACE_PACKET_BYTES));
    this.#places[node] = start + steps;
    this.#leftBytes[node] = steps * TRACE_PACKET_BYTES - beyondBytes;
    return Math.max(nowUs, this.#timeUsOf(start + steps));
  }

  #timeUsOf(place: number): Micros {
    const length = this.#timesMs.length;
    const round = Math.floor(place / length);
    return (round * this.#periodMs + (this.#timesMs[place - round * length] ?? 0)) * MICROS_PER_MS;
  }

  /** First opportunity that is not over. */
  #firstFrom(nowUs: Micros): number {
    const nowMs = nowUs / MICROS_PER_MS;
    const round = Math.floor(nowMs / this.#periodMs);
    const within = nowMs - round * this.#periodMs;
    let low = 0;
    let high = this.#timesMs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timesMs[middle] ?? 0) < within) low = middle + 1;
      else high = middle;
    }
    return round * this.#timesMs.length + low;
  }
}
